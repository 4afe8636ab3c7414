// completion: for a shell. man: the manual page. Both out of the description that parses the words.
#include "ctl/catalogue.h"
#include "ctl/verbs.h"

namespace discovery::ctl {

namespace {

struct Options {
  std::string shell;
  const CLI::App* root = nullptr;
};

Outcome<Exit> run_completion(const Options& options, Context& context) {
  const CLI::App& root = *options.root;
  context.screen().out(options.shell == "bash"  ? bash_completion(root)
                       : options.shell == "zsh" ? zsh_completion(root)
                                                : fish_completion(root));
  return Exit::kDone;
}

Outcome<Exit> run_man(const Options& options, Context& context) {
  context.screen().out(manual_page(*options.root));
  return Exit::kDone;
}

}  // namespace

void add_completion(Verbs& verbs) {
  verbs.add<Options>(
      {"completion", "The completion script of a shell",
       "  source <(discoveryctl completion bash)\n"
       "  discoveryctl completion fish > ~/.config/fish/completions/discoveryctl.fish\n"},
      [](CLI::App& verb, Options& o) {
        o.root = verb.get_parent();
        verb.add_option("SHELL", o.shell, "bash, zsh or fish")
            ->type_name("")
            ->required()
            ->check(CLI::IsMember({"bash", "zsh", "fish"}));
      },
      run_completion);
  verbs.add<Options>(
      {"man", "The manual page, for man -l", "  discoveryctl man | man -l -\n"},
      [](CLI::App& verb, Options& o) { o.root = verb.get_parent(); }, run_man);
}

}  // namespace discovery::ctl
