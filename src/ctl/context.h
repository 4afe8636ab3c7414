// What a verb has at hand while it runs.
//
// Lifecycle: of one run of the tool. Thread: one. Errors: see exit_code.h.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ctl/asker.h"
#include "ctl/exit_code.h"
#include "ctl/fields.h"
#include "ctl/screen.h"
#include "ctl/table.h"

namespace discovery::ctl {

/// What is typed for all verbs.
struct Settings {
  client::CallOptions call;
  bool json = false;
};

class Context {
 public:
  Context(Asker& asker, Screen& screen, const Settings& settings, std::function<TimePoint()> clock)
      : asker_(asker), screen_(screen), settings_(settings), clock_(std::move(clock)) {}

  [[nodiscard]] Asker& asker() const { return asker_; }
  [[nodiscard]] Screen& screen() const { return screen_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] bool json() const { return settings_.json; }
  [[nodiscard]] TimePoint now() const { return clock_(); }

  /// One line on standard output; the text is shown as it is.
  void line(std::string_view text) const;
  /// A table, cut to the terminal.
  void show(const Table& table) const;
  /// The document of -o json, on one line.
  void show(const Json& document) const;
  /// On standard error, with the name of the tool.
  void note(std::string_view text) const;

 private:
  Asker& asker_;
  Screen& screen_;
  const Settings& settings_;
  std::function<TimePoint()> clock_;
};

/// Shows `document` if programs read along. True: that is all there is to show.
[[nodiscard]] bool shown_as_json(const Context& context, const Json& document);

/// Yes by --yes, or by a person who is asked. No: why nothing was done. `what` is a question without its mark.
[[nodiscard]] Outcome<void> confirm(const Context& context, bool yes, std::string_view what);

}  // namespace discovery::ctl
