// What the tool offers, read back from its own description: for completion and the manual page, which so cannot be
// about another version.
//
// Thread: pure functions. Errors: none.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace discovery::ctl {

struct OptionText {
  std::vector<std::string> names;  ///< "-o", "--output"; one without dashes for a positional word
  std::string value;               ///< "NAME"; "" for a flag
  std::string help;
  bool positional = false;
  bool required = false;
};
struct VerbEntry {
  std::string name;  ///< "members"; "protect release" for one below another
  std::string summary;
  std::string footer;
  std::vector<OptionText> options;
};

[[nodiscard]] std::vector<OptionText> options_of(const CLI::App& app);
/// All verbs in their order, those below others after these. Hidden ones are left out.
[[nodiscard]] std::vector<VerbEntry> verbs_of(const CLI::App& root);

[[nodiscard]] std::string bash_completion(const CLI::App& root);
[[nodiscard]] std::string zsh_completion(const CLI::App& root);
[[nodiscard]] std::string fish_completion(const CLI::App& root);
/// In the man macros of troff.
[[nodiscard]] std::string manual_page(const CLI::App& root);

}  // namespace discovery::ctl
