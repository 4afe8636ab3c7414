// One node without sockets: registry, wheel, hub and DiscoveryApi, with an observer that records and time moved by
// hand.
//
// Every change marks the hub at once; turn() is the end of a loop turn, where marked waiters are woken. Requests that
// park stay in their FakeExchange until they are woken, hung up or drained. Thread: one.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timer_wheel.h"
#include "codec/http.h"
#include "protocol/discovery/api.h"
#include "registry/poll_hub.h"
#include "registry/registry.h"
#include "registry/start_protection.h"

namespace discovery::protocol {

using Json = nlohmann::json;
using Fields = std::vector<std::pair<std::string, std::string>>;
using namespace std::chrono_literals;

inline constexpr int64_t kStartNs = 1700000000'000000000;  // on a tick of the wheel
inline constexpr std::string_view kForm = "application/x-www-form-urlencoded";
inline constexpr std::string_view kJsonType = "application/json; charset=utf-8";
inline constexpr std::string_view kOk = R"({"code":0,"message":"0","ttl":1})";
inline constexpr std::string_view kNotModified = R"({"code":-304,"message":"-304","ttl":1})";

/// Percent-encoded `name=value&...`; what is not a letter or digit is escaped.
std::string encode(const Fields& fields);
/// `fields` with all values of `name` replaced by one, or removed.
Fields with(Fields fields, std::string_view name, std::string_view value);
Fields without(Fields fields, std::string_view name);

/// Names of the members of an object.
std::vector<std::string> member_names(const Json& object);

struct Answer {
  int status = 0;
  std::string content_type;
  std::string headers;  ///< as added, CRLF after each
  std::string body;
  bool close = false;

  /// Discarded (is_discarded()) when the body is no JSON.
  [[nodiscard]] Json json() const { return Json::parse(body, nullptr, false); }
  [[nodiscard]] int code() const;
  [[nodiscard]] std::string message() const;
  [[nodiscard]] Json data() const;
  /// The value of Kratos-Status-Code, "" when it is absent.
  [[nodiscard]] std::string status_code() const;
  /// Hostnames of a list, in order, over all zones.
  [[nodiscard]] static std::vector<std::string> hosts(const Json& app_data);
};

/// A reply as a sender would put it together; a streamed body is read to its end.
Answer take_answer(codec::HttpReply& reply);

class FakeExchange final : public codec::HttpExchange {
 public:
  void park(std::unique_ptr<codec::ParkedRequest> request) override;
  size_t resume() override;

  [[nodiscard]] bool parked() const { return request_ != nullptr; }
  [[nodiscard]] bool answered() const { return answer_.has_value(); }
  /// Precondition: answered().
  [[nodiscard]] const Answer& answer() const;
  void set_answer(Answer answer) { answer_ = std::move(answer); }
  void hang_up() { request_.reset(); }
  /// What a draining session does.
  void drain();
  /// What the session of a connection does that goes to another process.
  void move();

 private:
  std::unique_ptr<codec::ParkedRequest> request_;
  std::optional<Answer> answer_;
};

class Recorder final : public ApiObserver {
 public:
  struct Answered {
    Route route;
    Code code;
    TimePoint received_at;
  };
  struct Refusal {
    Route route;
    ErrorCode code;
    bool reading;
    bool operator==(const Refusal&) const = default;
  };
  struct Woken {
    registry::PollHub::Reason reason;
    Duration since_change;
    size_t bytes;
  };

  void answered(Route route, Code code, TimePoint received_at) override {
    answers.push_back({route, code, received_at});
  }
  void registered(const registry::InstanceKeyView& key, const registry::RegisterOutcome& outcome,
                  const codec::ClientAddress& client) override;
  void cancelled(const registry::InstanceKeyView& key, const codec::ClientAddress& client) override;
  void set_applied(const registry::AppKeyView& app, std::string_view zone, size_t hosts,
                   const codec::ClientAddress& client) override;
  void stranger_refused(const registry::InstanceKeyView& key, const codec::ClientAddress& client) override;
  void refused(Route route, ErrorCode code, bool reading) override { refusals.push_back({route, code, reading}); }
  void view_served(bool rendered) override { ++(rendered ? views_rendered : views_reused); }
  void empty_answer() override { ++empty_answers; }
  void poll_woken(registry::PollHub::Reason reason, Duration since_change, size_t bytes) override {
    woken.push_back({reason, since_change, bytes});
  }
  void poll_hung_up() override { ++hung_up; }
  void poll_drained() override { ++drained; }

  [[nodiscard]] Answered last() const { return answers.at(answers.size() - 1); }

  std::vector<Answered> answers;
  std::vector<std::string> events;  ///< writes as text, "register new zone/env/app/host from ip"
  std::vector<Refusal> refusals;
  std::vector<Woken> woken;
  int views_rendered = 0;
  int views_reused = 0;
  int empty_answers = 0;
  int hung_up = 0;
  int drained = 0;
};

struct Headers {
  std::vector<std::pair<std::string, std::string>> list;
};

/// Settings of a node 10.9.0.1:7171 in zone z-own, with one configured neighbour in its zone and one in z-far.
ApiSettings test_settings();

/// A cluster that says what it is told to, and keeps what it is given.
class FakeCluster final : public ClusterPort {
 public:
  [[nodiscard]] NodeList nodes() const override { return lone.nodes(); }
  [[nodiscard]] bool all_peers_heard(TimePoint /*now*/) const override { return heard; }
  [[nodiscard]] bool wants_posts() const override { return posting; }
  void post(cluster::Post&& post) override { posts.push_back(std::move(post)); }
  [[nodiscard]] bool is_original(std::string_view ip) const override { return !ip.empty() && ip == original_ip; }
  void original_spoke(std::string_view ip, TimePoint now) override { spoke.emplace_back(ip, now); }
  [[nodiscard]] bool accepts_writes() const override { return open; }
  [[nodiscard]] Duration ack_wait() const override { return wait; }
  [[nodiscard]] uint64_t ack_ticket() override { return tickets ? ++last_ticket : 0; }

  LoneCluster lone;
  bool heard = true;
  bool posting = false;
  bool open = true;
  bool tickets = true;
  std::string original_ip;
  Duration wait{};
  uint64_t last_ticket = 0;
  std::vector<cluster::Post> posts;
  std::vector<std::pair<std::string, TimePoint>> spoke;
};

class Node final : private ChangeSink {
 public:
  explicit Node(const ApiSettings& settings = test_settings(), const registry::RegistrySettings& stored = {},
                bool protect = false);

  // -- requests; each ends with a turn() unless auto_turn is off
  FakeExchange& send_get(std::string_view path_query, const Headers& headers = {});
  FakeExchange& send_post(std::string_view path_query, std::string_view body, std::string_view content_type = kForm);
  /// For requests that must be answered at once.
  Answer get(std::string_view path_query, const Headers& headers = {});
  Answer post(std::string_view path_query, const Fields& form);
  Answer post_text(std::string_view path_query, std::string_view body, std::string_view content_type = kForm);
  /// The reply of a GET, not read yet (for streams).
  codec::HttpReply get_reply(std::string_view path_query);

  // -- the usual parameters
  static Fields instance(std::string_view appid, std::string_view hostname = "h1");
  static Fields key(std::string_view appid, std::string_view hostname = "h1");
  Answer reg(std::string_view appid, std::string_view hostname = "h1") {
    return write("register", instance(appid, hostname));
  }
  Answer reg_in(std::string_view zone, std::string_view appid, std::string_view hostname = "h1");
  Answer cancel(std::string_view appid, std::string_view hostname = "h1") {
    return write("cancel", key(appid, hostname));
  }
  Answer renew(std::string_view appid, std::string_view hostname = "h1") {
    return write("renew", key(appid, hostname));
  }
  Answer set_status(std::string_view appid, std::string_view hostname, int status);
  /// POST /discovery/<action>
  Answer write(std::string_view action, const Fields& form) { return post("/discovery/" + std::string(action), form); }
  /// fetch of both states: the data member, null when unknown.
  Json fetch(std::string_view appid);
  /// The one instance of that host (zone z1).
  Json one(std::string_view appid, std::string_view hostname = "h1");
  int64_t latest(std::string_view appid);
  /// Text of a polls for these (appid, cursor) pairs.
  static std::string polls_of(const std::vector<std::pair<std::string, int64_t>>& apps, std::string_view more = "");
  static std::string poll_of(std::string_view appid, int64_t cursor_ns, std::string_view more = "");

  // -- time
  /// Moves the clock, runs due deadlines, then a turn.
  void advance(Duration by);
  /// Moves the clock only: nothing runs.
  void pass(Duration by) { now += by; }
  void run_deadlines() { wheel.advance(now); }
  void turn();

  TimePoint now = from_wire_ns(kStartNs);
  bool auto_turn = true;
  codec::ClientAddress client{"192.0.2.7", 40000, false};
  Recorder seen;
  registry::Registry registry;
  TimerWheel wheel{from_wire_ns(kStartNs)};
  registry::PollBudget budget;
  registry::PollHub hub{registry, wheel, budget, 0};
  registry::StartProtection protection;
  FakeCluster cluster;
  ProofOfLife proofs{HashKey{1, 2}};
  access::ReplayGuard replays{HashKey{1, 2}};
  access::AccessControl access{replays};
  DiscoveryApi api;

 private:
  void changed(const registry::Wake& wake, TimePoint at) override;
  FakeExchange& send(codec::Method method, std::string_view path_query, std::string_view body,
                     std::string_view content_type, const Headers& headers);

  std::list<FakeExchange> exchanges_;  // last: parked requests go before the hub
};

}  // namespace discovery::protocol
