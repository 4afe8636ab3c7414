// Random instances of which every layout can show something: names from few characters that matter to keys, addresses
// with a scheme.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include "layouts/mapped_instance.h"

namespace discovery::layouts {

class RandomInstances {
 public:
  explicit RandomInstances(uint32_t seed) : random_(seed) {}

  size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }

  /// 1 to `bytes_max` bytes.
  std::string text(std::string_view alphabet, size_t bytes_max) {
    std::string out;
    for (size_t bytes = 1 + below(bytes_max); out.size() < bytes;) out += alphabet[below(alphabet.size())];
    return out;
  }

  std::string appid() { return text(below(4) == 0 ? "ab./-0" : "ab.-0", 6); }
  std::string hostname() { return text("xy.-@:0", 6); }

  MappedInstance instance() {
    MappedInstance i;
    i.appid = appid();
    i.hostname = hostname();
    i.version = below(2) == 0 ? "" : text("1.<\"\\", 4);
    constexpr std::string_view kSchemes[] = {"http", "grpc", "tcp", "dubbo"};
    for (size_t n = 1 + below(4); n > 0; --n) {
      i.addrs.push_back(std::string(kSchemes[below(4)]) + "://" + text("ab.-", 5) + ":" +
                        std::to_string(1 + below(65535)));
    }
    codec::Metadata some;
    for (size_t n = below(4); n > 0; --n) some.members.emplace_back(text("klm\"\n", 3), text("v\\\t&", 5));
    codec::merge_metadata(i.metadata, some);
    return i;
  }

 private:
  std::mt19937 random_;
};

}  // namespace discovery::layouts
