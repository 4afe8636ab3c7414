// The requests of the load generator: which application and instance a number stands for, and how it is asked for.
//
// Names are those of a plausible population: application a is `bench.team(a mod 7).app(a)`, its instance i is
// `host-a-i`. All requests are HTTP/1.1 with keep-alive; each function replaces `out` by one whole request.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "load/population.h"

namespace discovery::load {

struct Requests {
  std::string host;        ///< of the Host field
  bool gzip = false;       ///< Accept-Encoding: gzip
  std::string path = "/";  ///< of get() and post()

  void register_instance(uint64_t app, uint64_t instance, std::string& out) const;
  void cancel(uint64_t app, uint64_t instance, std::string& out) const;
  void renew(uint64_t app, uint64_t instance, std::string& out) const;
  void fetch(uint64_t app, std::string& out) const;
  /// Long poll of one application.
  void polls(uint64_t app, uint64_t watcher, int64_t latest_timestamp_ns, std::string& out) const;
  /// Static answers of another server, for comparison: a GET, and a POST with the body of a renew.
  void get(std::string& out) const;
  void post(uint64_t app, uint64_t instance, std::string& out) const;

 private:
  void write_get(std::string_view target, std::string& out) const;
  void write_post(std::string_view target, std::string_view body, std::string& out) const;
};

/// The application's own latest_timestamp in the answer of fetch or polls (of one application): it stands behind the
/// last instance. 0: none.
int64_t latest_timestamp_of(std::string_view body);
/// The same of answers with Content-Encoding: gzip, each distinct one inflated once: many watchers are told the same.
class CompressedAnswers {
 public:
  int64_t latest_timestamp_of(std::string_view gzip_body);

 private:
  std::map<std::string, int64_t, std::less<>> by_trailer_;  ///< CRC and length, the last eight bytes
};

}  // namespace discovery::load
