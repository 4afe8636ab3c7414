// validate: is a configuration good? As the daemon itself reads it.
#include <cstdlib>
#include <filesystem>

#include "ctl/daemon_check.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  std::string file;
};

std::string tool_folder() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "" : self.parent_path().string();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

Outcome<Exit> run(const Options& options, Context& context) {
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody asks nodes meanwhile
  const std::string daemon = find_daemon(tool_folder(), path ? path : "");
  if (daemon.empty()) {
    return refused("there is no discoveryd beside this tool or in PATH, and it is the daemon that checks; install it");
  }
  const auto checked = check_configuration(daemon, options.file);
  if (!checked) return checked.error();
  const bool valid = checked->code == 0;
  const auto lines = lines_of(checked->output);
  const Exit exit = valid ? Exit::kDone : Exit::kRefused;
  if (shown_as_json(context, {{"file", options.file}, {"valid", valid}, {"messages", lines}})) return exit;
  for (const std::string& line : lines) valid ? context.line(shown(line)) : context.screen().err(shown(line) + "\n");
  if (!valid && lines.empty()) return refused(daemon + " ended without a word");
  return exit;
}

}  // namespace

void add_validate(Verbs& verbs) {
  verbs.add<Options>(
      {"validate", "Is a configuration good? Runs discoveryd --check; asks no node",
       "  discoveryctl validate /etc/discovery          the folder, or the file discovery.toml\n"},
      [](CLI::App& verb, Options& o) {
        verb.add_option("FILE", o.file, "Folder that holds discovery.toml, or the file")->type_name("")->required();
      },
      run);
}

}  // namespace discovery::ctl
