#include "codec/http.h"

#include <array>
#include <charconv>

#include "codec/text.h"

namespace discovery::codec {

std::string_view method_name(Method method) {
  static constexpr std::array<std::string_view, 8> kNames = {"GET",    "POST",    "HEAD",  "PUT",
                                                             "DELETE", "OPTIONS", "PATCH", "other"};
  return kNames[static_cast<size_t>(method)];
}

std::string_view HttpRequest::field(std::string_view name) const {
  for (const HttpField& f : fields) {
    if (equals_ignoring_case(f.name, name)) return f.value;
  }
  return {};
}

void HttpReply::append_int(int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  own_.append(digits, static_cast<size_t>(end - digits));
}

void HttpReply::share(SharedBytes bytes) {
  shared_bytes_ += bytes->size();
  parts_.push_back({own_in_parts_, own_.size(), std::move(bytes), false});
  own_in_parts_ = own_.size();
}

void HttpReply::add_header(std::string_view line) {
  headers_.append(line);
  headers_.append("\r\n");
}

void HttpReply::clear() {
  constexpr size_t kKeptBytes = 64 * 1024;  // one large answer must not occupy the reactor for ever
  if (own_.capacity() > kKeptBytes) own_ = std::string();
  own_.clear();
  headers_.clear();
  parts_.clear();
  own_in_parts_ = shared_bytes_ = 0;
  source_.reset();
  status = 200;
  content_type = "text/plain; charset=utf-8";
  close = false;
}

void HttpReply::replace_body(std::string own, std::vector<Part> parts) {
  own_ = std::move(own);
  parts_ = std::move(parts);
  own_in_parts_ = own_.size();
  shared_bytes_ = 0;
  for (const Part& part : parts_) shared_bytes_ += part.shared_view().size();
}

std::vector<HttpReply::Part>& HttpReply::parts() {
  if (own_in_parts_ < own_.size()) {
    parts_.push_back({own_in_parts_, own_.size(), nullptr, false});
    own_in_parts_ = own_.size();
  }
  return parts_;
}

}  // namespace discovery::codec
