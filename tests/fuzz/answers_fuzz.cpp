// What others answer to us: another node in HTTP, a node of the original in JSON, and any registry to the client
// library.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/answers.h"
#include "codec/text.h"
#include "fuzz/fuzz_target.h"
#include "net/client_answer.h"
#include "protocol/discovery/legacy_answer.h"

namespace discovery::fuzz {
namespace {

constexpr size_t kBodyBytesMax = 1000;

struct HttpRead {
  std::optional<net::ClientFailure> failure;
  bool done = false;
  bool keep_alive = false;
  int status = 0;
  std::string body;
  bool operator==(const HttpRead&) const = default;
};

/// Fed in pieces of `piece` bytes.
HttpRead read_http(std::string_view input, size_t piece, bool to_head) {
  net::ClientAnswerReader reader(kBodyBytesMax, to_head);
  HttpRead read;
  while (!input.empty() && !reader.done() && !read.failure) {
    read.failure = reader.feed(input.substr(0, piece));
    input.remove_prefix(std::min(piece, input.size()));
  }
  if (!reader.done() && !read.failure) read.failure = reader.end();
  read.done = reader.done() && !read.failure;
  if (!read.done) return read;
  net::ClientAnswer answer = reader.take();
  read.status = answer.status;
  read.body = std::move(answer.body);
  return read;
}

/// What is read does not depend on how the bytes are cut, but for which of two faults is told.
void fuzz_http_answer(std::string_view input) {
  const bool to_head = !input.empty() && (static_cast<unsigned char>(input.front()) & 1) != 0;
  const std::string_view bytes = input.substr(std::min<size_t>(1, input.size()));
  const HttpRead whole = read_http(bytes, std::max<size_t>(bytes.size(), 1), to_head);
  const HttpRead ragged = read_http(bytes, 1 + bytes.size() % 7, to_head);
  FUZZ_CHECK(whole.body.size() <= kBodyBytesMax);
  FUZZ_CHECK(!to_head || whole.body.empty());
  FUZZ_CHECK(whole.done == ragged.done && whole.status == ragged.status && whole.body == ragged.body);
}

const RegisteredTarget kHttpAnswer(
    {"http_answer",
     fuzz_http_answer,
     {"0HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "1HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      "0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: u\r\n\r\n",
      "0HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\nuntil the end",
      "0HTTP/1.1 204 No Content\r\n\r\n"},
     {"\r\n", "\r\n\r\n", "\n", ":", "HTTP/1.1 ", "HTTP/1.0 ", "Content-Length: 3\r\n",
      "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "0\r\n\r\n", "ffffffffffffffff", "100 x", "-1"}});

/// Instances of an original are usable, or left out.
void check_instance(const protocol::LegacyInstance& i, const protocol::LegacyLimits& limits) {
  for (const std::string* name : {&i.appid, &i.env, &i.zone, &i.hostname}) {
    FUZZ_CHECK(!name->empty() && name->size() <= limits.name_bytes_max && codec::is_utf8(*name));
  }
  FUZZ_CHECK(i.addrs.size() <= limits.addrs_max);
  FUZZ_CHECK(i.status == 1 || i.status == 2);
  for (const std::string* text : {&i.region, &i.version, &i.addrs_json, &i.metadata_json}) {
    FUZZ_CHECK(codec::is_utf8(*text));
  }
  FUZZ_CHECK(i.addrs_json.starts_with('[') && i.addrs_json.ends_with(']'));
}

void fuzz_original(std::string_view input) {
  const protocol::LegacyLimits limits{.name_bytes_max = 20, .addrs_max = 4, .metadata = {}};
  if (const auto answer = protocol::parse_legacy_answer(input, limits); answer && answer->instance) {
    check_instance(*answer->instance, limits);
  }
  const auto list = protocol::parse_legacy_fetch_all(input, limits);
  if (!list) return;
  FUZZ_CHECK(list->instances.size() + list->refused <= input.size());
  for (const auto& instance : list->instances) check_instance(instance, limits);
}

constexpr std::string_view kInstance =
    R"({"region":"r","zone":"z","env":"dev","appid":"a","hostname":"h","addrs":["http://a:1,grpc://a:2"],"version":"1",)"
    R"("metadata":{"weight":"10"},"status":1,"reg_timestamp":1700000000000000001,"up_timestamp":1700000000000000001,)"
    R"("renew_timestamp":1700000000000000002,"dirty_timestamp":1700000000000000001,"latest_timestamp":5})";
const std::vector<std::string> kTokens = {"{",
                                          "}",
                                          "[",
                                          "]",
                                          ",",
                                          ":",
                                          "\"",
                                          "null",
                                          "-404",
                                          "-304",
                                          "1e400",
                                          "\"code\":0",
                                          "\"data\"",
                                          "\"zone\"",
                                          "\\u00",
                                          "\\ud83d",
                                          "\"a\":",
                                          "true",
                                          "9223372036854775808",
                                          "[[[[[",
                                          "\"zones\""};

const RegisteredTarget kOriginal({"original",
                                  fuzz_original,
                                  {R"({"code":0,"message":"0","ttl":1,"data":)" + std::string(kInstance) + "}",
                                   R"({"code":0,"message":"0","ttl":1,"data":{"a":[)" + std::string(kInstance) +
                                       "],\"b\":null}}",
                                   R"({"code":-500,"message":"-500","ttl":1})"},
                                  kTokens});

void check_list(const client::InstanceList& list, size_t instances_max) {
  FUZZ_CHECK(list.instances.size() <= instances_max);
}

void fuzz_registry_answer(std::string_view input) {
  constexpr size_t kInstancesMax = 3;
  client::Envelope envelope;
  const bool whole = !client::read_envelope(input, envelope);
  client::PollsAnswer polls;
  const client::Error polls_error = client::read_polls(input, kInstancesMax, polls);
  client::FetchAnswer fetch;
  const client::Error fetch_error = client::read_fetch(input, "a", kInstancesMax, fetch);
  // What has no envelope is no answer at all.
  FUZZ_CHECK(whole || (polls_error && fetch_error));
  for (const auto& list : polls.lists) check_list(list, kInstancesMax);
  if (!fetch_error) check_list(fetch.list, kInstancesMax);
}

const RegisteredTarget kRegistryAnswer({"registry_answer",
                                        fuzz_registry_answer,
                                        {R"({"code":0,"message":"0","ttl":1,"data":{"a":{"instances":{"z":[)" +
                                             std::string(kInstance) +
                                             R"(]},"latest_timestamp":1700000000000000002}},"error":{"-404":["b"]}})",
                                         R"({"code":0,"message":"0","ttl":1,"data":{"instances":{"z":[)" +
                                             std::string(kInstance) + R"(]},"latest_timestamp":1700000000000000002}})",
                                         R"({"code":-304,"message":"-304","ttl":1})"},
                                        kTokens});

}  // namespace
}  // namespace discovery::fuzz
