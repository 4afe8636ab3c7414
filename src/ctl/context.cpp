#include "ctl/context.h"

#include "ctl/wording.h"

namespace discovery::ctl {

void Context::line(std::string_view text) const {
  const auto width = screen_.width();
  screen_.out(width ? cut_to(text, *width) : std::string(text));
  screen_.out("\n");
}

void Context::show(const Table& table) const { screen_.out(table.text(screen_.width())); }

void Context::show(const Json& document) const {
  screen_.out(escaped_json(document.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n");
}

void Context::note(std::string_view text) const { screen_.err("discoveryctl: " + std::string(text) + "\n"); }

bool shown_as_json(const Context& context, const Json& document) {
  if (!context.json()) return false;
  context.show(document);
  return true;
}

Outcome<void> confirm(const Context& context, bool yes, std::string_view what) {
  if (yes) return {};
  const auto answer = context.screen().ask(std::string(what) + "? [y/N] ");
  if (!answer) return misused("nobody can be asked here (no terminal), so nothing was done; give --yes");
  if (*answer == "y" || *answer == "Y" || *answer == "yes") return {};
  return refused("nothing was done");
}

}  // namespace discovery::ctl
