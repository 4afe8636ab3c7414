#include "layouts/plain.h"

#include <algorithm>

#include "layouts/address.h"
#include "layouts/paths.h"

namespace discovery::layouts {

namespace {
constexpr size_t kNumberDigitsMax = 19;
}  // namespace

bool is_go_zero_number(std::string_view segment) {
  return !segment.empty() && segment.size() <= kNumberDigitsMax &&
         std::ranges::all_of(segment, [](char c) { return c >= '0' && c <= '9'; });
}

Reading read_go_zero(std::string_view key, std::string_view value) {
  const auto parts = split_last(key);
  if (!parts || !is_go_zero_number(parts->after)) return refuse("the last segment is no number, as in go-zero");
  if (!is_host_port(value)) return refuse("the value is not <host:port>, as in go-zero");
  MappedInstance instance;
  instance.appid = parts->before;
  instance.hostname = parts->after;
  instance.addrs.push_back(with_scheme("grpc", value));
  return one(std::move(instance));
}

Reading read_bare(std::string_view key, std::string_view value) {
  if (!is_host_port(value)) return refuse("the value is not <host:port>");
  MappedInstance instance;
  instance.appid = key;
  instance.hostname = value;
  instance.addrs.push_back(with_scheme("tcp", value));
  instance.permanent = true;
  return one(std::move(instance));
}

}  // namespace discovery::layouts
