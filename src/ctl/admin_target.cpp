#include "ctl/admin_target.h"

#include <algorithm>

#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

std::string value_text(const Json& value) {
  if (value.is_string()) return shown(value.get<std::string>());
  if (value.is_array() && value.empty()) return "nothing";
  return escaped_json(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// {"level":"debug"} is "level: debug".
std::string object_text(const Json& object) {
  std::string text;
  for (const auto& [name, value] : object.items()) {
    text.append(text.empty() ? "" : ", ").append(shown(name)).append(": ").append(value_text(value));
  }
  return text.empty() ? "done" : text;
}

}  // namespace

CLI::Option* add_each(CLI::App& verb, bool& each) {
  return verb.add_flag("--each", each, "At every node of --addr; else at the first of them only");
}

Outcome<Exit> administer(const Context& context, bool each, std::string_view path, const Parameters& parameters) {
  const auto& nodes = context.asker().nodes();
  if (!each) {
    const auto answer = act_at(context, nodes.front(), path, parameters);
    if (!answer) return answer.error();
    if (!shown_as_json(context, answer->json)) context.line(shown(answer->node) + ": " + object_text(answer->json));
    return Exit::kDone;
  }
  Exit worst = Exit::kDone;
  Json all = Json::object();
  for (const std::string& node : nodes) {
    const auto answer = act_at(context, node, path, parameters);
    if (!answer) {
      worst = std::max(worst, answer.error().exit);
      context.note(answer.error().message);
      all[node] = {{"error", answer.error().message}};
      continue;
    }
    all[node] = answer->json;
    if (!context.json()) context.line(shown(answer->node) + ": " + object_text(answer->json));
  }
  if (context.json()) context.show(all);
  return worst;
}

}  // namespace discovery::ctl
