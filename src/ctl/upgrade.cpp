// upgrade: a node goes on in a new process of its program.
#include <thread>

#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

constexpr std::chrono::seconds kServesWithin{60};
constexpr std::chrono::milliseconds kLook{200};

struct Options {};

/// One process of a node, as /admin/state tells.
struct Process {
  int64_t pid = 0;
  std::string version;
  bool leaving = false;
};

Outcome<Process> process_of(const Context& context, const std::string& node) {
  const auto state = ask_at(context, node, "/admin/state");
  if (!state) return state.error();
  Process process{number_at(state->json, "pid"),
                  text_at(state->json, "version") + " (" + text_at(state->json, "commit") + ")",
                  flag_at(state->json, "leaving")};
  if (process.pid == 0) return refused(shown(node) + ": it does not tell its process: its version knows no upgrade");
  return process;
}

/// Asked anew until another process answers; the kernel may still give us the one that leaves.
Outcome<Process> wait_for_other(const Context& context, const std::string& node, const Process& old) {
  const auto until = std::chrono::steady_clock::now() + kServesWithin;
  while (std::chrono::steady_clock::now() < until) {
    auto now = process_of(context, node);
    if (now && now->pid != old.pid) return now;
    std::this_thread::sleep_for(kLook);
  }
  return refused(shown(node) + ": process " + std::to_string(old.pid) + " still answers; its log tells why");
}

void show(const Context& context, const std::string& node, const Process& old, const Process& now, const Json& told) {
  Json both;
  both["node"] = node;
  both["old"] = {{"pid", old.pid}, {"version", old.version}};
  both["new"] = {{"pid", now.pid}, {"version", now.version}};
  if (told.contains("stood_still_ms")) both["stood_still_ms"] = told["stood_still_ms"];
  if (shown_as_json(context, both)) return;
  std::string text = shown(node) + ": " + shown(old.version) + ", process " + std::to_string(old.pid) + " -> " +
                     shown(now.version) + ", process " + std::to_string(now.pid);
  if (told.contains("stood_still_ms"))
    text += "; stood still " + std::to_string(number_at(told, "stood_still_ms")) + " ms";
  context.line(text);
}

Outcome<Exit> run(const Options& /*options*/, Context& context) {
  const std::string node = context.asker().nodes().front();
  const auto old = process_of(context, node);
  if (!old) return old.error();
  const auto told = act_at(context, node, "/admin/upgrade", {});
  // Without an answer in time it may still come to it.
  if (!told && told.error().exit != Exit::kNoAnswer) return told.error();
  const auto now = wait_for_other(context, node, *old);
  if (!now) return told ? now.error() : told.error();
  show(context, node, *old, *now, told ? told->json : Json::object());
  return Exit::kDone;
}

}  // namespace

void add_upgrade(Verbs& verbs) {
  verbs.add<Options>(
      {"upgrade", "Let the first node of --addr go on in a new process of its program, as SIGUSR2 does; nobody notices",
       "  discoveryctl upgrade --addr 10.0.0.1:7171 --timeout 30s\n"},
      [](CLI::App& /*verb*/, Options& /*o*/) {}, run);
}

}  // namespace discovery::ctl
