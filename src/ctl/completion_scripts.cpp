#include <algorithm>

#include "ctl/catalogue.h"

namespace discovery::ctl {

namespace {

std::string words_of(const std::vector<OptionText>& options) {
  std::string words;
  for (const OptionText& o : options) {
    if (o.positional) continue;
    for (const std::string& name : o.names) words.append(words.empty() ? "" : " ").append(name);
  }
  return words;
}

bool takes_application(const VerbEntry& verb) {
  return std::any_of(verb.options.begin(), verb.options.end(), [](const OptionText& o) {
    return o.positional && (o.names.front() == "APP" || o.names.front() == "HOST|APP");
  });
}

/// Options that are followed by a value, of all verbs: "--env|--zone".
std::string valued(const CLI::App& root) {
  std::vector<std::string> names;
  const auto collect = [&](const std::vector<OptionText>& options) {
    for (const OptionText& o : options) {
      if (o.positional || o.value.empty()) continue;
      for (const std::string& name : o.names) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
  };
  collect(options_of(root));
  for (const VerbEntry& verb : verbs_of(root)) collect(verb.options);
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : "|").append(name);
  return text;
}

/// Within single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string first_words(const CLI::App& root) {
  std::string words;
  for (const VerbEntry& verb : verbs_of(root)) {
    if (verb.name.find(' ') == std::string::npos) words.append(words.empty() ? "" : " ").append(verb.name);
  }
  return words;
}

}  // namespace

std::string bash_completion(const CLI::App& root) {
  std::string options = "    *) options='' ;;\n";
  std::string cases;
  std::string applications;
  for (const VerbEntry& verb : verbs_of(root)) {
    if (verb.name.find(' ') != std::string::npos) continue;
    std::string words = words_of(verb.options);
    for (const VerbEntry& below : verbs_of(root)) {
      if (!below.name.starts_with(verb.name + " ")) continue;
      words += " " + below.name.substr(verb.name.size() + 1) + " " + words_of(below.options);
    }
    cases += "    " + verb.name + ") options='" + words + "' ;;\n";
    if (takes_application(verb)) applications += (applications.empty() ? "" : "|") + verb.name;
  }
  return "# bash completion of discoveryctl: source this, or put it into bash-completion's folder\n"
         "_discoveryctl() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} verb='' words=0 options i word\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    case $word in\n"
         "    " +
         valued(root) +
         ") i=$((i + 1)) ;;\n"
         "    -*) ;;\n"
         "    *) if [ -z \"$verb\" ]; then verb=$word; else words=$((words + 1)); fi ;;\n"
         "    esac\n"
         "  done\n"
         "  if [ -z \"$verb\" ]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" +
         first_words(root) + " " + words_of(options_of(root)) +
         "' -- \"$current\")\n"
         "    return\n"
         "  fi\n"
         "  case $verb in\n" +
         cases + options +
         "  esac\n"
         "  if [[ $current != -* && $words -eq 0 ]]; then\n"
         "    case $verb in\n"
         "    " +
         applications +
         ")\n"
         "      options=$(\"${COMP_WORDS[0]}\" services \"$current\" --names --limit 1000 --timeout 1s 2>/dev/null) "
         ";;\n"
         "    esac\n"
         "  elif [[ $current == -* ]]; then\n"
         "    options=\"$options " +
         words_of(options_of(root)) +
         "\"\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
         "}\n"
         "complete -F _discoveryctl discoveryctl\n";
}

std::string zsh_completion(const CLI::App& root) {
  std::string verbs;
  std::string cases;
  for (const VerbEntry& verb : verbs_of(root)) {
    if (verb.name.find(' ') != std::string::npos) continue;
    verbs += "    " + quoted(verb.name + ":" + verb.summary) + "\n";
    std::string words = words_of(verb.options);
    for (const VerbEntry& below : verbs_of(root)) {
      if (below.name.starts_with(verb.name + " ")) words += " " + below.name.substr(verb.name.size() + 1);
    }
    cases += "    " + verb.name + ") options=(" + words + ")";
    if (takes_application(verb)) cases += "; applications=1";
    cases += " ;;\n";
  }
  return "#compdef discoveryctl\n"
         "# zsh completion of discoveryctl: put it as _discoveryctl into a folder of $fpath\n"
         "_discoveryctl() {\n"
         "  local -a verbs options\n"
         "  local applications=0 verb='' word\n"
         "  verbs=(\n" +
         verbs +
         "  )\n"
         "  local i\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    word=${words[i]}\n"
         "    case $word in\n"
         "    " +
         valued(root) +
         ") ((i++)) ;;\n"
         "    -*) ;;\n"
         "    *) verb=$word; break ;;\n"
         "    esac\n"
         "  done\n"
         "  if [[ -z $verb ]]; then\n"
         "    _describe verb verbs\n"
         "    compadd -- " +
         words_of(options_of(root)) +
         "\n"
         "    return\n"
         "  fi\n"
         "  case $verb in\n" +
         cases +
         "  esac\n"
         "  if ((applications)) && [[ $PREFIX != -* ]]; then\n"
         "    compadd -- ${(f)\"$(${words[1]} services \"$PREFIX\" --names --limit 1000 --timeout 1s 2>/dev/null)\"}\n"
         "  fi\n"
         "  compadd -- $options " +
         words_of(options_of(root)) +
         "\n"
         "}\n"
         "if [[ $funcstack[1] == _discoveryctl ]]; then _discoveryctl; else compdef _discoveryctl discoveryctl; fi\n";
}

std::string fish_completion(const CLI::App& root) {
  std::string text =
      "# fish completion of discoveryctl: put it as discoveryctl.fish into ~/.config/fish/completions\n"
      "complete -c discoveryctl -f\n";
  const auto add_options = [&](const std::string& condition, const std::vector<OptionText>& options) {
    for (const OptionText& o : options) {
      if (o.positional) continue;
      text += "complete -c discoveryctl" + condition;
      for (const std::string& name : o.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!o.value.empty()) text += " -r";
      text += " -d " + quoted(o.help) + "\n";
    }
  };
  add_options("", options_of(root));
  for (const VerbEntry& verb : verbs_of(root)) {
    const size_t blank = verb.name.find(' ');
    const std::string first = verb.name.substr(0, blank);
    const std::string seen = " -n '__fish_seen_subcommand_from " + first + "'";
    if (blank == std::string::npos) {
      text +=
          "complete -c discoveryctl -n __fish_use_subcommand -a " + verb.name + " -d " + quoted(verb.summary) + "\n";
    } else {
      text += "complete -c discoveryctl" + seen + " -a " + verb.name.substr(blank + 1) + " -d " + quoted(verb.summary) +
              "\n";
    }
    add_options(seen, verb.options);
    if (takes_application(verb) && blank == std::string::npos) {
      text += "complete -c discoveryctl" + seen +
              " -a '(discoveryctl services --names --limit 1000 --timeout 1s 2>/dev/null)'\n";
    }
  }
  return text;
}

}  // namespace discovery::ctl
