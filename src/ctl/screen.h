// Where the tool writes, and whom it may ask.
//
// Thread: one. Errors: what cannot be written is lost; flush() tells. Limits: a line that is read has at most
// kAnswerBytesMax bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace discovery::ctl {

class Screen {
 public:
  static constexpr size_t kAnswerBytesMax = 256;

  virtual ~Screen() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
  /// Hands on what was written; false when it got lost.
  virtual bool flush() = 0;
  /// Columns of the terminal that standard output is; none: it is no terminal, nothing is cut or cleared.
  [[nodiscard]] virtual std::optional<size_t> width() const = 0;
  /// One line; none: nobody can be asked.
  [[nodiscard]] virtual std::optional<std::string> ask(std::string_view question) = 0;
};

/// Standard output, standard error and standard input of the process.
class ProcessScreen final : public Screen {
 public:
  void out(std::string_view text) override;
  void err(std::string_view text) override;
  bool flush() override;
  [[nodiscard]] std::optional<size_t> width() const override;
  [[nodiscard]] std::optional<std::string> ask(std::string_view question) override;

 private:
  bool lost_ = false;
};

}  // namespace discovery::ctl
