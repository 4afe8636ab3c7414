#include "discovery/error.h"

#include <array>
#include <string_view>

namespace discovery::client {

namespace {

class Category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "discovery"; }
  [[nodiscard]] std::string message(int value) const override {
    static constexpr std::array<std::string_view, kErrcCount> kTexts = {
        "invalid argument", "limit exceeded",      "not found",         "refused by the registry",
        "node unavailable", "node unreachable",    "timed out",         "connection broken",
        "malformed answer", "answer is too large", "no longer running", "a callback threw"};
    if (value < 1 || value > kErrcCount) return "unknown error";
    return std::string(kTexts.at(static_cast<size_t>(value - 1)));
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

}  // namespace discovery::client
