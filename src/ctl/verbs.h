// The verbs of the tool: each describes itself to the parser, and says what to run when it is chosen.
//
// Lifecycle: as long as the CLI::App they describe themselves to. Thread: one. Errors: std::logic_error of CLI11 for
// descriptions that cannot be.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ctl/context.h"

namespace discovery::ctl {

using Action = std::function<Outcome<Exit>(Context&)>;

struct VerbText {
  std::string name;
  std::string summary;
  std::string example;   ///< lines, as they are typed, with what they do
  bool repeats = false;  ///< --watch may run it again and again
};

class Verbs {
 public:
  explicit Verbs(CLI::App& root) : root_(root) {}
  Verbs(const Verbs&) = delete;
  Verbs& operator=(const Verbs&) = delete;

  /// A verb whose options are an O: `describe` declares them, `run` gets them.
  template <class O>
  void add(const VerbText& text, void (*describe)(CLI::App&, O&), Outcome<Exit> (*run)(const O&, Context&)) {
    auto options = std::make_shared<O>();
    CLI::App& verb = add_app(text);
    describe(verb, *options);
    verb.callback([this, options, run, repeats = text.repeats] {
      chosen_ = [options, run](Context& context) { return run(*options, context); };
      repeats_ = repeats;
    });
  }

  [[nodiscard]] CLI::App& root() const { return root_; }
  /// Of the words that were parsed; empty before.
  [[nodiscard]] const Action& chosen() const { return chosen_; }
  [[nodiscard]] bool repeats() const { return repeats_; }

 private:
  CLI::App& add_app(const VerbText& text);

  CLI::App& root_;
  Action chosen_;
  bool repeats_ = false;
};

/// "--env NAME" and "APP", as every verb has them.
CLI::Option* add_env(CLI::App& verb, std::string& env);
CLI::Option* add_app_name(CLI::App& verb, std::string& appid);
/// Of the instance; "" looks for it.
CLI::Option* add_zone(CLI::App& verb, std::string& zone);
CLI::Option* add_host(CLI::App& verb, std::string& hostname);
CLI::Option* add_yes(CLI::App& verb, bool& yes);

// One for each file of verbs.
void add_members(Verbs& verbs);
void add_services(Verbs& verbs);
void add_instances(Verbs& verbs);
void add_watch(Verbs& verbs);
void add_register(Verbs& verbs);  ///< and renew
void add_cancel(Verbs& verbs);    ///< and set
void add_drain(Verbs& verbs);
void add_explain(Verbs& verbs);
void add_history(Verbs& verbs);  ///< and state
void add_diff(Verbs& verbs);
void add_clients(Verbs& verbs);
void add_protect(Verbs& verbs);
void add_top(Verbs& verbs);
void add_health(Verbs& verbs);
void add_snapshot(Verbs& verbs);
void add_admin(Verbs& verbs);  ///< reload, drain-node, log-level, remove-node
void add_upgrade(Verbs& verbs);
void add_validate(Verbs& verbs);
void add_completion(Verbs& verbs);  ///< and man

}  // namespace discovery::ctl
