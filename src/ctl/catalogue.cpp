#include "ctl/catalogue.h"

namespace discovery::ctl {

namespace {

void add_verbs(const CLI::App& app, const std::string& before, std::vector<VerbEntry>& to) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_group().empty()) continue;
    const std::string name = before + sub->get_name();
    to.push_back({name, sub->get_description(), sub->get_footer(), options_of(*sub)});
    add_verbs(*sub, name + " ", to);
  }
}

}  // namespace

std::vector<OptionText> options_of(const CLI::App& app) {
  std::vector<OptionText> all;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    OptionText text;
    text.positional = option->get_positional();
    if (text.positional) text.names.push_back(option->get_name(true));
    for (const std::string& name : option->get_snames()) text.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) text.names.push_back("--" + name);
    const bool flag = !text.positional && option->get_expected_max() == 0;
    text.value = flag ? "" : option->get_type_name();
    text.help = option->get_description();
    text.required = option->get_required();
    all.push_back(std::move(text));
  }
  return all;
}

std::vector<VerbEntry> verbs_of(const CLI::App& root) {
  std::vector<VerbEntry> all;
  add_verbs(root, "", all);
  return all;
}

}  // namespace discovery::ctl
