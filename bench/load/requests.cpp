#include "load/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "codec/gzip.h"

namespace discovery::load {
namespace {

std::string key_form(uint64_t app, uint64_t instance) {
  return fmt::format("region=r1&zone=z1&env=bench&appid=bench.team{}.app{}&hostname=host-{}-{}", app % 7, app, app,
                     instance);
}

}  // namespace

void Requests::write_get(std::string_view target, std::string& out) const {
  out.clear();
  fmt::format_to(std::back_inserter(out), "GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", target, host,
                 gzip ? "Accept-Encoding: gzip\r\n" : "");
}

void Requests::write_post(std::string_view target, std::string_view body, std::string& out) const {
  out.clear();
  fmt::format_to(std::back_inserter(out),
                 "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                 "Content-Length: {}\r\n\r\n{}",
                 target, host, body.size(), body);
}

void Requests::register_instance(uint64_t app, uint64_t instance, std::string& out) const {
  const std::string ip = fmt::format("10.{}.{}.{}", app % 250, instance / 250 % 250, instance % 250);
  write_post("/discovery/register",
             fmt::format("{}&status=1&version=v1&addrs=http%3A%2F%2F{}%3A8000&addrs=grpc%3A%2F%2F{}%3A9000"
                         "&metadata=%7B%22weight%22%3A%2210%22%7D",
                         key_form(app, instance), ip, ip),
             out);
}

void Requests::cancel(uint64_t app, uint64_t instance, std::string& out) const {
  write_post("/discovery/cancel", key_form(app, instance), out);
}

void Requests::renew(uint64_t app, uint64_t instance, std::string& out) const {
  write_post("/discovery/renew", key_form(app, instance), out);
}

void Requests::fetch(uint64_t app, std::string& out) const {
  write_get(fmt::format("/discovery/fetch?zone=z1&env=bench&status=1&appid=bench.team{}.app{}", app % 7, app), out);
}

void Requests::polls(uint64_t app, uint64_t watcher, int64_t latest_timestamp_ns, std::string& out) const {
  write_get(fmt::format("/discovery/polls?zone=z1&env=bench&hostname=w{}&appid=bench.team{}.app{}&latest_timestamp={}",
                        watcher, app % 7, app, latest_timestamp_ns),
            out);
}

void Requests::get(std::string& out) const { write_get(path, out); }

void Requests::post(uint64_t app, uint64_t instance, std::string& out) const {
  write_post(path, key_form(app, instance), out);
}

int64_t latest_timestamp_of(std::string_view body) {
  constexpr std::string_view kName = "\"latest_timestamp\":";
  const size_t at = body.rfind(kName);
  if (at == std::string_view::npos) return 0;
  int64_t value = 0;
  std::from_chars(body.data() + at + kName.size(), body.data() + body.size(), value);
  return value;
}

int64_t CompressedAnswers::latest_timestamp_of(std::string_view gzip_body) {
  const std::string_view trailer = gzip_body.substr(gzip_body.size() - std::min<size_t>(gzip_body.size(), 8));
  if (const auto it = by_trailer_.find(trailer); it != by_trailer_.end()) return it->second;
  const std::optional<std::string> text = codec::gunzip(gzip_body);
  if (!text) throw std::runtime_error("an answer that is no gzip");
  return by_trailer_.emplace(trailer, load::latest_timestamp_of(*text)).first->second;
}

}  // namespace discovery::load
