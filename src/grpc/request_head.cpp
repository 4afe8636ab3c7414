#include "grpc/request_head.h"

namespace discovery::grpc {

void RequestHead::clear() {
  for (std::string* const own : {&method, &path, &content_type, &encoding, &timeout}) own->clear();
  text_.clear();
  places_.clear();
  metadata_.clear();
  bytes_ = 0;
}

void RequestHead::add(std::string_view name, std::string_view value, size_t bytes_max) {
  constexpr size_t kFieldOverhead = 32;
  bytes_ += name.size() + value.size() + kFieldOverhead;
  if (bytes_ > bytes_max) return;
  if (std::string* const own = own_field(name)) {
    own->assign(value);
    return;
  }
  if (name.starts_with(':') || name == "te" || name.starts_with("grpc-")) return;
  const size_t begin = text_.size();
  text_.append(name).append(value);
  places_.push_back({begin, begin + name.size(), text_.size()});
}

std::string* RequestHead::own_field(std::string_view name) {
  if (name == ":method") return &method;
  if (name == ":path") return &path;
  if (name == "content-type") return &content_type;
  if (name == "grpc-encoding") return &encoding;
  if (name == "grpc-timeout") return &timeout;
  return nullptr;
}

std::span<const Metadata> RequestHead::metadata() {
  metadata_.clear();
  const std::string_view text = text_;
  for (const Place& p : places_) {
    metadata_.push_back({text.substr(p.name, p.value - p.name), text.substr(p.value, p.end - p.value)});
  }
  return metadata_;
}

}  // namespace discovery::grpc
