// fetch, fetchs, fetch/all and nodes (spec: discovery-api.md 7.1 to 7.4).
#include <set>

#include "codec/json_writer.h"
#include "protocol/discovery/api.h"
#include "protocol/discovery/app_json.h"
#include "protocol/discovery/binder.h"
#include "protocol/discovery/fetch_all_source.h"

namespace discovery::protocol {

registry::AppView DiscoveryApi::view(registry::AppKeyView app, const registry::ViewForm& form, TimePoint now) {
  constexpr size_t kKeptBytes = size_t{256} << 10;
  // Written where there is room and copied at its size: what grows step by step leaves holes behind for each list.
  auto seen =
      registry_.view(app, form, now, [&](const registry::Listing& l, const registry::ViewForm& f, std::string& out) {
        list_json_.clear();
        append_app(list_json_, l, f);
        out = list_json_;
        if (list_json_.capacity() > kKeptBytes) list_json_ = {};
      });
  if (seen.bytes) observer_.view_served(seen.rendered);
  return seen;
}

Code DiscoveryApi::fetch(Call& call) {
  Binder bind(params_, "ArgFetch", settings_.name_bytes_max);
  registry::ViewForm form;
  form.zone = bind.optional_name("zone");
  const std::string_view env = bind.name("env", "Env");
  const std::string_view appid = bind.name("appid", "AppID");
  form.status_mask = bind.required_u32("status", "Status");
  if (const auto bound = bind.finish(); !bound) return refuse(call, bound.error(), false);
  if (const auto code = deny(call, access::Right::kRead, {{env, appid}, {}, {}})) return *code;

  auto seen = view({env, appid}, form, call.request.received_at);
  if (!seen.bytes) {
    call.envelope.whole_with_null(Code::kNotFound);
    return Code::kNotFound;
  }
  call.envelope.begin(Code::kOk);
  call.envelope.ttl();
  call.envelope.data();
  call.reply.share(std::move(seen.bytes));
  call.envelope.finish();
  return Code::kOk;
}

Code DiscoveryApi::fetchs(Call& call) {
  Binder bind(params_, "ArgFetchs", settings_.name_bytes_max);
  registry::ViewForm form;
  form.zone = bind.optional_name("zone");
  const std::string_view env = bind.name("env", "Env");
  const auto appids = bind.required_name_list("appid", "AppID");
  form.status_mask = bind.required_u32("status", "Status");
  bind.require(appids.size() <= settings_.poll_apps_max, ErrorCode::kLimitExceeded,
               "more appids than limits.poll_apps allows");
  if (const auto bound = bind.finish(); !bound) return refuse(call, bound.error(), false);
  if (const auto code = deny_any(call, env, appids)) return *code;

  call.envelope.begin(Code::kOk);
  call.envelope.ttl();
  call.envelope.data();
  call.reply.append("{");
  bool first = true;
  std::set<std::string_view> seen_ids;  // ordered: names come from clients, and std::hash has no secret
  for (const std::string_view appid : appids) {
    if (!seen_ids.insert(appid).second) continue;
    auto seen = view({env, appid}, form, call.request.received_at);
    if (!seen.bytes) continue;
    if (!first) call.reply.append(",");
    first = false;
    codec::append_json_string(call.reply.own(), appid);
    call.reply.append(":");
    call.reply.share(std::move(seen.bytes));
  }
  call.reply.append("}");
  call.envelope.finish();
  return Code::kOk;
}

Code DiscoveryApi::fetch_all(Call& call) {
  if (!call.caller.may_all(access::Right::kRead)) return denied(call, access::Right::kRead);
  call.envelope.begin(Code::kOk);
  call.envelope.ttl();
  call.envelope.data();
  call.reply.stream(std::make_unique<FetchAllSource>(registry_, params_.first("callback").empty() ? "}" : "})"));
  return Code::kOk;
}

// Whoever may read anything must find the nodes.
Code DiscoveryApi::nodes(Call& call) {
  if (!call.caller.may_any(access::Right::kRead)) return denied(call, access::Right::kRead);
  call.envelope.begin(Code::kOk);
  call.envelope.ttl();
  call.envelope.data();
  call.reply.append("[");
  const NodeList nodes = cluster_.nodes();
  for (const NodeStatus& node : *nodes) {
    call.reply.append(&node == nodes->data() ? R"({"addr":)" : R"(,{"addr":)");
    codec::append_json_string(call.reply.own(), node.addr);
    call.reply.append(R"(,"status":)");
    call.reply.append_int(node.status);
    call.reply.append(R"(,"zone":)");
    codec::append_json_string(call.reply.own(), node.zone);
    call.reply.append("}");
  }
  call.reply.append("]");
  call.envelope.finish();
  return Code::kOk;
}

}  // namespace discovery::protocol
