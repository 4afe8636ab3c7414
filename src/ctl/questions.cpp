#include "ctl/questions.h"

#include "ctl/wording.h"

namespace discovery::ctl {

using client::CallAnswer;
using client::CallRequest;
using client::encode_form;
using client::Method;

namespace {

constexpr int64_t kPageRows = 10'000;

std::string target_of(std::string_view path, const Parameters& parameters) {
  Parameters given;
  for (const auto& p : parameters) {
    if (!p.second.empty()) given.push_back(p);
  }
  std::string target(path);
  if (!given.empty()) target.append("?").append(encode_form(given));
  return target;
}

CallRequest question(std::string_view path, const Parameters& parameters) {
  CallRequest request;
  request.target = target_of(path, parameters);
  return request;
}

CallRequest action(std::string_view path, const Parameters& parameters) {
  CallRequest request = question(path, parameters);
  request.method = Method::kPost;
  request.repeatable = false;
  return request;
}

std::string failures_text(const CallAnswer& answer) {
  std::string text;
  for (const client::NodeFailure& f : answer.failures) {
    text.append(text.empty() ? "" : "; ").append(shown(f.node)).append(": ").append(shown(f.error.message));
  }
  return text.empty() ? shown(answer.error.message) : text;
}

/// Of {"error":"..."}, or the first words of another body.
std::string reason_of(const CallAnswer& answer) {
  if (const auto document = parse_answer(answer.body)) {
    for (const char* const name : {"error", "message"}) {
      if (const std::string text = text_at(document->json, name); !text.empty()) return shown(text);
    }
  }
  constexpr size_t kShownBytes = 120;
  std::string_view body = answer.body;
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
  return body.empty() ? "no reason given" : shown(body.substr(0, kShownBytes));
}

Failure failure_of_status(const CallAnswer& answer, std::string_view path) {
  const std::string head = shown(answer.node) + ": ";
  const std::string reason = reason_of(answer);
  const bool json = parse_answer(answer.body).has_value();
  if (answer.status == 404 && !json) {
    std::string text = head + "has no " + std::string(path) + ": ";
    text += path.starts_with("/admin/") ? "its admin calls are on another listener (admin.listen), or it is older"
                                        : "it is no discoveryd, or an older one";
    return refused(text);
  }
  if (answer.status == 401) return refused(head + reason + "; give one with --token-file");
  if (answer.status == 403) return refused(head + reason + "; run this on the node's machine or give --token-file");
  Failure failure = refused(head + reason + " (HTTP " + std::to_string(answer.status) + ")");
  failure.unknown = answer.status == 404;
  return failure;
}

void tell_failures(const Context& context, const CallAnswer& answer) {
  if (answer.failures.empty() || answer.error) return;
  context.note(failures_text(answer) + "; " + shown(answer.node) + " answered instead");
}

/// At that node, or at any.
Outcome<Answered> ask_one(const Context& context, const std::string& node, std::string_view path,
                          const Parameters& parameters) {
  return node.empty() ? ask(context, path, parameters) : ask_at(context, node, path, parameters);
}

}  // namespace

Outcome<Answered> read_answer(const CallAnswer& answer, std::string_view path) {
  if (answer.status == 0) {
    return unanswered("no node answered: " + failures_text(answer) +
                      ". Is discoveryd running there? Name nodes by --addr HOST:PORT[,HOST:PORT] or DISCOVERY_ADDR");
  }
  if (answer.status >= 300) return failure_of_status(answer, path);
  auto document = parse_answer(answer.body);
  if (!document)
    return refused(shown(answer.node) + ": what it answers to " + std::string(path) + " is no JSON object");
  return Answered{std::move(document->json), answer.node};
}

Outcome<Answered> ask(const Context& context, std::string_view path, const Parameters& parameters) {
  const CallAnswer answer = context.asker().ask(question(path, parameters));
  tell_failures(context, answer);
  return read_answer(answer, path);
}

Outcome<Answered> ask_at(const Context& context, const std::string& node, std::string_view path,
                         const Parameters& parameters) {
  return read_answer(context.asker().ask_at(node, question(path, parameters)), path);
}

Outcome<Answered> act(const Context& context, std::string_view path, const Parameters& parameters) {
  const CallAnswer answer = context.asker().ask(action(path, parameters));
  tell_failures(context, answer);
  return read_answer(answer, path);
}

Outcome<Answered> act_at(const Context& context, const std::string& node, std::string_view path,
                         const Parameters& parameters) {
  return read_answer(context.asker().ask_at(node, action(path, parameters)), path);
}

Outcome<Answered> write(const Context& context, std::string_view path, const Parameters& parameters) {
  CallRequest request;
  request.method = Method::kPost;
  request.target = path;
  request.body = encode_form(parameters);
  const CallAnswer answer = context.asker().ask(std::move(request));
  tell_failures(context, answer);
  auto read = read_answer(answer, path);
  if (!read) return read.error();
  const Json& code = member(read->json, "code");
  if (!code.is_number_integer()) return refused(shown(read->node) + ": what it answers is no answer of a registry");
  if (const int64_t number = number_at(read->json, "code"); number != 0) {
    const std::string said = number == -404 ? "it knows no such instance" : shown(text_at(read->json, "message"));
    return refused(shown(read->node) + ": " + said + " (code " + std::to_string(number) + ")");
  }
  return read;
}

Outcome<std::vector<AppName>> applications(const Context& context, const std::string& env, const std::string& node) {
  std::vector<AppName> all;
  while (true) {
    const auto page = ask_one(context, node, "/api/services",
                              {{"env", env},
                               {"limit", std::to_string(kPageRows)},
                               {"offset", all.empty() ? "" : std::to_string(all.size())}});
    if (!page) return page.error();
    const Json& rows = rows_at(page->json, "services");
    for (const Json& s : rows) all.push_back({text_at(s, "env"), text_at(s, "appid")});
    if (rows.size() < kPageRows || all.size() >= kApplicationsMax) return all;
  }
}

Outcome<Answered> whole_service(const Context& context, const std::string& env, const std::string& appid,
                                const std::string& node) {
  const auto page = [&](size_t offset) {
    return Parameters{{"env", env},
                      {"appid", appid},
                      {"limit", std::to_string(kPageRows)},
                      {"offset", offset == 0 ? "" : std::to_string(offset)}};
  };
  auto whole = ask_one(context, node, "/api/service", page(0));
  if (!whole) return whole.error();
  if (!member(whole->json, "instances").is_array()) whole->json["instances"] = Json::array();
  Json& instances = whole->json["instances"];
  const auto total = static_cast<size_t>(std::max<int64_t>(number_at(whole->json, "total"), 0));
  while (instances.size() < std::min(total, kInstancesMax)) {
    auto more = ask_at(context, whole->node, "/api/service", page(instances.size()));
    if (!more) return more.error();
    const Json& rows = rows_at(more->json, "instances");
    if (rows.empty()) break;  // some went meanwhile
    for (const Json& row : rows) instances.push_back(row);
  }
  return whole;
}

}  // namespace discovery::ctl
