#include "codec/scan.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace discovery::codec {
namespace {

/// A copy that ends where its memory ends, so that a read beyond it is found by the address sanitizer.
struct Exact {
  explicit Exact(const std::string& text) : bytes(new char[text.size()]), size(text.size()) {
    text.copy(bytes.get(), text.size());
  }
  [[nodiscard]] const char* begin() const { return bytes.get(); }
  [[nodiscard]] const char* end() const { return bytes.get() + size; }
  std::unique_ptr<char[]> bytes;
  size_t size;
};

TEST(FindAny, EveryStopAtEveryPlaceOfEveryLength) {
  for (size_t length = 0; length <= 50; ++length) {
    const Exact none(std::string(length, 'x'));
    EXPECT_EQ((find_any<'&', '=', '%'>(none.begin(), none.end())), none.end()) << length;
    for (size_t place = 0; place < length; ++place) {
      for (const char stop : {'&', '=', '%'}) {
        std::string text(length, '\xff');
        text[place] = stop;
        if (place + 1 < length) text[length - 1] = '&';  // a later one does not matter
        const Exact exact(text);
        EXPECT_EQ((find_any<'&', '=', '%'>(exact.begin(), exact.end())), exact.begin() + place) << length;
      }
    }
  }
}

TEST(FindControl, EveryByteAtEveryPlace) {
  for (const size_t length : {1U, 15U, 16U, 17U, 40U}) {
    for (size_t place = 0; place < length; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(length, ' ');
        text[place] = static_cast<char>(byte);
        const Exact exact(text);
        const bool control = byte < 0x20 || byte == 0x7f;
        EXPECT_EQ(find_control(exact.begin(), exact.end()), control ? exact.begin() + place : exact.end())
            << "byte " << byte << " at " << place << " of " << length;
      }
    }
  }
}

}  // namespace
}  // namespace discovery::codec
