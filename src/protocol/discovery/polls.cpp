// poll and polls: what is answered at once, and what waits (spec: discovery-api.md 7.5 to 7.7).
#include <algorithm>
#include <map>

#include "codec/typed.h"
#include "protocol/discovery/api.h"
#include "protocol/discovery/binder.h"
#include "protocol/discovery/poll_request.h"

namespace discovery::protocol {

struct DiscoveryApi::PollArgs {
  bool single = false;
  std::string_view env;
  std::string_view zone;
  std::vector<std::string_view> appids;
  std::vector<int64_t> cursors_ns;  ///< one per appid
};

namespace {
/// The same application twice counts once, with the smallest of its cursors: newer than one of them is newer.
void drop_repetitions(std::vector<std::string_view>& appids, std::vector<int64_t>& cursors) {
  std::map<std::string_view, size_t> place_of;  // ordered: names come from clients, and std::hash has no secret
  size_t kept = 0;
  for (size_t i = 0; i < appids.size(); ++i) {
    const auto [it, first] = place_of.emplace(appids[i], kept);
    if (!first) {
      cursors[it->second] = std::min(cursors[it->second], cursors[i]);
      continue;
    }
    appids[kept] = appids[i];
    cursors[kept++] = cursors[i];
  }
  appids.resize(kept);
  cursors.resize(kept);
}
}  // namespace

Result<DiscoveryApi::PollArgs> DiscoveryApi::bind_poll(std::string_view struct_name) {
  Binder bind(params_, struct_name, settings_.name_bytes_max);
  PollArgs args;
  args.zone = bind.optional_name("zone");
  args.env = bind.name("env", "Env");
  args.appids = bind.required_name_list("appid", "AppID");
  bind.name("hostname", "Hostname");
  args.cursors_ns = bind.i64_comma_list("latest_timestamp");
  bind.require(args.appids.size() <= settings_.poll_apps_max, ErrorCode::kLimitExceeded,
               "more appids than limits.poll_apps allows");
  if (const auto bound = bind.finish(); !bound) return bound.error();
  return args;
}

Code DiscoveryApi::poll(Call& call) {
  auto args = bind_poll("ArgPoll");
  if (!args) return refuse(call, args.error(), false);
  args->single = true;
  if (args->cursors_ns.size() != args->appids.size()) args->cursors_ns.assign(args->appids.size(), 0);
  args->appids.resize(1);  // the first counts (D20)
  args->cursors_ns.resize(1);
  if (const auto code = deny_any(call, args->env, args->appids)) return *code;
  return wait_for_change(call, *args);
}

Code DiscoveryApi::polls(Call& call) {
  auto args = bind_poll("ArgPolls");
  if (!args) return refuse(call, args.error(), false);
  if (args->cursors_ns.size() != args->appids.size()) {
    return refuse(call, invalid("latest_timestamp must be given as often as appid"), true);
  }
  if (const auto code = deny_any(call, args->env, args->appids)) return *code;
  drop_repetitions(args->appids, args->cursors_ns);
  return wait_for_change(call, *args);
}

Duration DiscoveryApi::park_time(const codec::HttpRequest& request) const {
  Duration time = std::min(settings_.max_park, settings_.request_timeout);
  const std::string_view announced = request.field("x1-bmspy-timeout");
  const auto ms = codec::parse_i64(announced);
  if (!ms || *ms <= 0 || announced.front() == '+') return time;
  constexpr int64_t kMargin = 20;  // what the original leaves for the way back
  constexpr int64_t kMillisecondsMax = 24LL * 3600 * 1000;
  const int64_t left = *ms > kMargin ? *ms - kMargin : *ms;
  return std::min<Duration>(time, std::chrono::milliseconds(std::min(left, kMillisecondsMax)));
}

// The lists of what is newer than the client's cursors, as they are now.
Code DiscoveryApi::answer_at_once(Call& call, const PollArgs& args) {
  const std::string_view callback = params_.first("callback");
  std::vector<PolledApp> apps;
  for (size_t i = 0; i < args.appids.size(); ++i) {
    const registry::AppKeyView app{args.env, args.appids[i]};
    const auto state = registry_.look(app, args.zone);
    if (state.zone_known && !registry::due_at_once(state, args.cursors_ns[i])) continue;  // not even rendered
    apps.push_back({app.appid, view(app, {1, args.zone}, call.request.received_at).bytes});
  }
  if (!args.single) {
    write_polls_answer(call.reply, callback, apps);
    return Code::kOk;
  }
  if (apps.empty() || !apps.front().bytes) {
    write_poll_not_found(call.reply, callback, args.appids.front());
    return Code::kNotFound;
  }
  write_poll_answer(call.reply, callback, std::move(apps.front().bytes));
  return Code::kOk;
}

Code DiscoveryApi::wait_for_change(Call& call, const PollArgs& args) {
  const TimePoint now = call.request.received_at;
  registry::PollNews news;
  for (size_t i = 0; i < args.appids.size(); ++i) {
    news.add(registry_.look({args.env, args.appids[i]}, args.zone), args.cursors_ns[i]);
  }
  const bool at_once = news.at_once(args.single);
  const bool paused = registry::pause_ends(std::ranges::max(args.cursors_ns), now, settings_.polls.coalesce) > now;
  if (at_once && !paused) return answer_at_once(call, args);

  // Joining compares and enters in one step: a later change wakes the request, an earlier one is seen now.
  auto request =
      std::make_unique<PollRequest>(*this, call.exchange, args.appids.size(),
                                    PollRequest::Options{args.single, args.zone, params_.first("callback")}, now);
  auto admitted = request->admitted();
  for (size_t i = 0; admitted && i < args.appids.size(); ++i) {
    admitted = request->watch({args.env, args.appids[i]}, args.zone, args.cursors_ns[i]);
  }
  if (!admitted || !request->wait(now, now + park_time(call.request))) {
    request->abandon();
    return admitted || at_once ? answer_at_once(call, args) : refuse(call, admitted.error(), true);
  }
  call.parked = true;
  call.exchange.park(std::move(request));
  return Code::kOk;
}

}  // namespace discovery::protocol
