#include "ctl/catalogue.h"

namespace discovery::ctl {

namespace {

/// Text of troff: backslashes and dashes as themselves, no control line.
std::string roff(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string usage(const VerbEntry& verb) {
  std::string text = "\\fBdiscoveryctl " + roff(verb.name) + "\\fR";
  for (const OptionText& o : verb.options) {
    if (o.positional) {
      text += o.required ? " \\fI" + roff(o.names.front()) + "\\fR" : " [\\fI" + roff(o.names.front()) + "\\fR]";
    } else if (o.required) {
      text += " " + roff(o.names.back()) + " \\fI" + roff(o.value) + "\\fR";
    }
  }
  return text;
}

std::string option_list(const std::vector<OptionText>& options) {
  std::string text;
  for (const OptionText& o : options) {
    std::string names;
    for (const std::string& name : o.names) {
      names.append(names.empty() ? "" : ", ").append(o.positional ? "\\fI" : "\\fB").append(roff(name)).append("\\fR");
    }
    text += ".TP\n" + names;
    if (!o.value.empty() && !o.positional) text += " \\fI" + roff(o.value) + "\\fR";
    text += "\n" + roff(o.help) + ".\n";
  }
  return text;
}

constexpr const char* kHead =
    ".\\\" Made by the program: discoveryctl man. A test compares this file with what it says.\n"
    ".TH DISCOVERYCTL 1 \"\" \"discoveryd\" \"User Commands\"\n"
    ".SH NAME\ndiscoveryctl \\- ask and tell the nodes of a discoveryd service registry\n"
    ".SH SYNOPSIS\n.B discoveryctl\n[\\fIOPTIONS\\fR] \\fIVERB\\fR [\\fIARGUMENTS\\fR]\n";

constexpr const char* kTail =
    ".SH EXIT STATUS\n"
    ".TP\n0\nDone.\n"
    ".TP\n1\nA node refused, nothing was found, or nodes differ.\n"
    ".TP\n2\nThe words are wrong, or nobody could be asked for a yes.\n"
    ".TP\n3\nNo node answered.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B DISCOVERY_ADDR\nAddresses of nodes where \\fB\\-\\-addr\\fR is not given.\n"
    ".SH SEE ALSO\ndocs/discoveryctl.md, docs/operations.md of the source.\n";

}  // namespace

std::string manual_page(const CLI::App& root) {
  std::string text = kHead;
  text += ".SH DESCRIPTION\n" + roff(root.get_description()) + "\n";
  text += ".SH OPTIONS\nOf all verbs, before or after them.\n" + option_list(options_of(root));
  text += ".SH VERBS\n";
  for (const VerbEntry& verb : verbs_of(root)) {
    text += ".SS " + roff(verb.name) + "\n" + roff(verb.summary) + ".\n.PP\n" + usage(verb) + "\n";
    text += option_list(verb.options);
    std::string examples = verb.footer.substr(0, verb.footer.find("Options of all verbs"));
    if (!examples.empty() && examples.back() != '\n') examples += '\n';
    if (!examples.empty()) text += ".PP\n.nf\n" + roff(examples) + ".fi\n";
  }
  return text + kTail;
}

}  // namespace discovery::ctl
