// Requests of the Discovery API, one after the other on one registry: whatever is asked, the answer is JSON with a
// code, and what was stored can be listed.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timer_wheel.h"
#include "codec/gzip.h"
#include "fuzz/fuzz_target.h"
#include "node/routes.h"
#include "protocol/discovery/api.h"

namespace discovery::fuzz {
namespace {

using protocol::Route;
using registry::PollHub;

constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
constexpr size_t kRequestsMax = 16;
constexpr size_t kRouteCount = static_cast<size_t>(Route::kNodes) + 1;

/// Keeps a parked request until it is resumed or the node is gone.
class Exchange final : public codec::HttpExchange {
 public:
  void park(std::unique_ptr<codec::ParkedRequest> request) override { request_ = std::move(request); }
  size_t resume() override {
    codec::HttpReply reply;
    request_->write_answer(reply);
    body = std::string(reply.own_bytes());
    request_.reset();
    return 1;
  }
  [[nodiscard]] bool parked() const { return request_ != nullptr; }
  std::string body;

 private:
  std::unique_ptr<codec::ParkedRequest> request_;
};

class Node final : private protocol::ChangeSink, private protocol::ApiObserver {
 public:
  Node() : api_({registry_, hub_, wheel_, protection_, cluster_, proofs_, *this, *this, access_}, settings()) {}

  /// The whole body; empty when the request waits.
  std::string ask(const node::RouteRow& route, std::string_view query, std::string_view body, std::string_view type) {
    codec::HttpRequest request;
    request.method = route.method;
    request.path = route.path;
    request.query = query;
    request.body = body;
    request.content_type = type;
    request.received_at = now_;
    request.client = &client_;
    codec::HttpReply reply;
    exchanges_.push_back(std::make_unique<Exchange>());
    api_.handle(route.target.as_discovery(), request, reply, *exchanges_.back());
    FUZZ_CHECK(reply.status == 200);
    now_ += std::chrono::milliseconds(100);
    wheel_.advance(now_);
    while (hub_.flush(now_)) {
    }
    if (exchanges_.back()->parked()) return {};
    return whole(reply);
  }
  /// All that wait are answered when their time is over.
  void end() {
    now_ += std::chrono::seconds(60);
    wheel_.advance(now_);
    while (hub_.flush(now_)) {
    }
    for (const auto& exchange : exchanges_) FUZZ_CHECK(!exchange->parked());
  }

 private:
  static protocol::ApiSettings settings() {
    protocol::ApiSettings s;
    s.form_fields_max = 60;
    s.poll_apps_max = 8;
    s.name_bytes_max = 32;
    s.addrs_max = 4;
    s.metadata = {4, 200};
    s.peer_ips = {"10.0.0.1"};
    return s;
  }
  static std::string whole(codec::HttpReply& reply) {
    std::string text;
    for (const auto& part : reply.parts()) {
      text.append(reply.own_bytes(), part.own_begin, part.own_end - part.own_begin);
      text.append(part.shared_view());
    }
    if (auto source = reply.take_source()) {
      while (source->next(text)) {
      }
    }
    return text;
  }

  void changed(const registry::Wake& wake, TimePoint now) override { hub_.mark_changed(wake.app_id, now); }
  void answered(Route, protocol::Code, TimePoint) override {}
  void registered(const registry::InstanceKeyView&, const registry::RegisterOutcome&,
                  const codec::ClientAddress&) override {}
  void cancelled(const registry::InstanceKeyView&, const codec::ClientAddress&) override {}
  void set_applied(const registry::AppKeyView&, std::string_view, size_t, const codec::ClientAddress&) override {}
  void stranger_refused(const registry::InstanceKeyView&, const codec::ClientAddress&) override {}
  void view_served(bool) override {}
  void empty_answer() override {}
  void poll_woken(PollHub::Reason, Duration, size_t) override {}
  void poll_hung_up() override {}

  TimePoint now_ = kStart;
  const codec::ClientAddress client_{"10.0.0.1", 40000, false};
  registry::Registry registry_{registry::RegistrySettings{}};
  TimerWheel wheel_{kStart};
  registry::PollBudget polls_;
  PollHub hub_{registry_, wheel_, polls_, 0};
  registry::StartProtection protection_{false, kStart};
  protocol::LoneCluster cluster_;
  protocol::ProofOfLife proofs_{HashKey{1, 2}};
  access::ReplayGuard replays_{HashKey{1, 2}};
  access::AccessControl access_{replays_};
  protocol::DiscoveryApi api_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;  ///< last: what waits leaves the hub before it is gone
};

/// A line is a request: a byte that chooses the route and how the text is sent, then the text.
void fuzz_api(std::string_view input) {
  static constexpr std::string_view kTypes[] = {"application/x-www-form-urlencoded", "application/json", "",
                                                "multipart/form-data; boundary=b"};
  Node node;
  for (size_t n = 0; n < kRequestsMax && !input.empty(); ++n) {
    const size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    if (line.empty()) continue;
    const auto choice = static_cast<unsigned char>(line.front());
    const node::RouteRow& route = node::row_of(static_cast<Route>(choice % kRouteCount));
    const std::string_view text = line.substr(1);
    const bool in_body = route.method == codec::Method::kPost && choice % 3 != 0;
    const std::string answer =
        node.ask(route, in_body ? "" : text, in_body ? text : "", kTypes[choice / 10 % std::size(kTypes)]);
    if (answer.empty() || answer.find("callback") != std::string::npos || text.find("callback") != text.npos) continue;
    const auto json = nlohmann::json::parse(answer, nullptr, false);
    FUZZ_CHECK(!json.is_discarded() && json.is_object() && json.contains("code"));
  }
  node.end();
}

const RegisteredTarget kApi(
    {"api",
     fuzz_api,
     // Route n of the table is chosen by a byte that is n modulo 10; 2 (in the query) and 4 (in the body) modulo 3 ...
     {"(env=dev&appid=a&zone=z&hostname=h&status=1&addrs=http://a:1,grpc://b:2&metadata={\"w\":\"1\"}&version=1\n"
      "6env=dev&appid=a&status=3\n8env=dev&appid=a&hostname=w&latest_timestamp=0\n6\n",
      "<env=dev&appid=a&zone=z&hostname=h&status=1&addrs=x\n)env=dev&appid=a&zone=z&hostname=h\n"
      "+env=dev&appid=a&zone=z&hostname=h,i&status=2&metadata={\"x\":\"y\"}\n*env=dev&appid=a&zone=z&hostname=h\n",
      ":env=dev&appid=a,b&hostname=w&latest_timestamp=1,2\n<env=dev&appid=b&zone=z&hostname=h&status=1&addrs=x\n"
      ";env=dev&appid=a&appid=b&status=1\n"},
     {"&",
      "=",
      "%",
      "%00",
      "%ff",
      "+",
      ",",
      "env=dev",
      "appid=a",
      "zone=z",
      "hostname=h",
      "status=1",
      "status=2",
      "status=4294967295",
      "latest_timestamp=",
      "latest_timestamp=1700000000000000001",
      "replication=true",
      "from_zone=true",
      "dirty_timestamp=",
      "reg_timestamp=1",
      "callback=f",
      "addrs=",
      "metadata=",
      "metadata={}",
      "\n",
      "\n(",
      "\n8",
      "\n6",
      "infra.discovery",
      "18446744073709551616",
      "-1"}});

// ---- gzip ----------------------------------------------------------------------------------------------------------

/// Any bytes are inflated or refused within the bound; what we make is what a client gets back.
void fuzz_gzip(std::string_view input) {
  constexpr size_t kTextMax = 4096;
  if (const auto text = codec::gunzip(input, kTextMax)) FUZZ_CHECK(text->size() <= kTextMax);
  static_cast<void>(codec::accepts_gzip(input));
  const size_t cut = input.size() / 3;
  codec::HttpReply reply;
  reply.append(input.substr(0, cut));
  auto shared = std::make_shared<const SharedText>(std::string(input.substr(cut)));
  shared->keep(codec::deflate_text(shared->text()));
  reply.share(shared);
  reply.append(input.substr(0, cut));
  codec::gzip_reply(reply);
  std::string sent;
  for (const auto& part : reply.parts()) {
    sent.append(reply.own_bytes(), part.own_begin, part.own_end - part.own_begin);
    sent.append(part.shared_view());
  }
  FUZZ_CHECK(codec::gunzip(sent) == std::string(input) + std::string(input.substr(0, cut)));
}

const RegisteredTarget kGzip({"gzip",
                              fuzz_gzip,
                              {std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x04\0\x43\xbe\xb7\xe8\x01\0\0\0", 21),
                               "gzip;q=1.0, deflate", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
                              {std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10), "gzip", ";q=0", ", ", "*",
                               std::string("\0\0\xff\xff", 4)}});

}  // namespace
}  // namespace discovery::fuzz
