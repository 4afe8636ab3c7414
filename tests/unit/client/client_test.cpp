// Clients against registries that answer what no good registry would, and what good ones say seldom.
#include "discovery/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <future>
#include <mutex>
#include <optional>

#include "unit/client/scripted_server.h"

namespace discovery::client {
namespace {

Options options_at(std::vector<std::string> nodes) {
  Options options;
  options.nodes = std::move(nodes);
  options.hostname = "me";
  options.zone = "z1";
  options.shuffle_nodes = false;
  options.back_off_min = milliseconds(2);
  options.back_off_max = milliseconds(20);
  options.request_timeout = milliseconds(300);
  return options;
}

Instance service(const std::string& appid = "shop.cart") {
  Instance instance;
  instance.appid = appid;
  instance.addrs = {"http://h:1"};
  return instance;
}

std::string data_of(const std::string& appid, const std::vector<std::string>& hosts, int64_t timestamp) {
  std::string instances;
  for (const std::string& host : hosts) {
    instances += (instances.empty() ? "" : ",") + (R"({"zone":"z1","hostname":")" + host + R"(","status":1})");
  }
  return "\"" + appid + R"(":{"instances":{"z1":[)" + instances + R"(]},"latest_timestamp":)" +
         std::to_string(timestamp) + "}";
}
std::string polls_of(const std::string& data, const std::string& unknown = "") {
  return json_answer(R"({"code":0,"message":"0","data":{)" + data + R"(},"error":{"-404":[)" + unknown + "]}}");
}
std::string code_of(int code) { return json_answer(R"({"code":)" + std::to_string(code) + R"(,"message":"no"})"); }

constexpr int64_t kT = 1700000000000000000;

/// What happened last, waited for.
class Seen {
 public:
  void add(std::string what) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(what));
    came_.notify_all();
  }
  bool eventually(const std::string& what) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, kPatience, [&] { return !seen_.empty() && seen_.back() == what; });
  }
  bool eventually_count(size_t at_least) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, kPatience, [&] { return seen_.size() >= at_least; });
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  WatchHandler watch() {
    return [this](const InstanceList& list) {
      std::string text = list.known ? "" : "unknown";
      for (const Instance& instance : list.instances) text += instance.hostname + " ";
      add(text);
    };
  }
  ErrorHandler errors() {
    return [this](const Error& error) { add(error.code.message()); };
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::string> seen_;
};

TEST(ClientPolls, AskOnceForAllWithTheirCursors) {
  ScriptedServer server([](const ScriptedRequest& request) {
    if (request.has("appid=b&latest_timestamp=0"))
      return polls_of(data_of("a", {"h"}, kT + 1) + "," + data_of("b", {"i"}, kT + 2));
    return kSilence;
  });
  Client client(options_at({server.text()}));
  const Watch a = client.watch("a");
  const Watch b = client.watch("b");
  ASSERT_NE(client.resolve("b", kPatience), nullptr);
  ASSERT_TRUE(server.eventually_count("/discovery/polls", 2));
  const ScriptedRequest last = server.requests().back();
  EXPECT_EQ(last.target,
            "/discovery/polls?env=dev&hostname=me&appid=a&latest_timestamp=1700000000000000001"
            "&appid=b&latest_timestamp=1700000000000000002&appid=infra.discovery&latest_timestamp=0");
  EXPECT_NE(last.head.find("\r\nx1-bmspy-timeout: 30000\r\n"), std::string::npos);
}

TEST(ClientPolls, BadAnswersChangeNoListAndLeadToTheNextNode) {
  const std::string good = polls_of(data_of("a", {"h1"}, kT));
  for (const std::string& bad :
       {code_of(-500), code_of(-400), code_of(7), http(404, "404 page not found"), http(500, ""),
        http(302, "", "Location: /\r\n"), json_answer(""), json_answer("{"), json_answer("[]"), polls_of("\"a\":null"),
        polls_of("\"a\":7"), polls_of(data_of("a", {}, 0)), json_answer(std::string(100'000, '[')),
        std::string("no HTTP\r\n\r\n"), kCut}) {
    std::atomic<bool> turned = false;
    ScriptedServer first([&](const ScriptedRequest& request) {
      if (turned) return bad;
      turned = request.has("appid=a&");
      return turned ? good : kSilence;
    });
    ScriptedServer second([](const ScriptedRequest& request) {
      return request.has("appid=a&latest_timestamp=1700000000000000000&") ? polls_of(data_of("a", {"h2"}, kT + 1))
                                                                          : kSilence;
    });
    Seen seen;
    Seen errors;
    Options options = options_at({first.text(), second.text()});
    options.on_error = errors.errors();
    Client client(options);
    const Watch watch = client.watch("a", seen.watch());
    EXPECT_TRUE(seen.eventually("h2 ")) << bad.substr(0, 200);
    EXPECT_EQ(seen.all(), (std::vector<std::string>{"h1 ", "h2 "})) << bad.substr(0, 200);
    EXPECT_TRUE(errors.eventually_count(1));
  }
}

TEST(ClientPolls, AnAnswerOfTheLimitIsTakenAndOneByteMoreIsNot) {
  const std::string body = R"({"code":0,"data":{)" + data_of("a", {"h1"}, kT) + "}}";
  ScriptedServer server([&](const ScriptedRequest& request) {
    return request.has("appid=a&latest_timestamp=0") ? json_answer(body) : kSilence;
  });
  Seen errors;
  Options options = options_at({server.text()});
  options.on_error = errors.errors();
  options.answer_bytes_max = body.size();
  {
    Client client(options);
    const Watch watch = client.watch("a");
    EXPECT_NE(client.resolve("a", kPatience), nullptr);
  }
  options.answer_bytes_max = body.size() - 1;
  Client client(options);
  const Watch watch = client.watch("a");
  EXPECT_TRUE(errors.eventually("answer is too large"));
  EXPECT_EQ(client.resolve("a"), nullptr);
}

TEST(ClientPolls, AStartingNodeEmptiesNothing) {
  std::atomic<int> turn = 0;
  ScriptedServer server([&](const ScriptedRequest& request) {
    if (!request.has("appid=a&")) return kSilence;
    if (turn++ == 0) return polls_of(data_of("a", {"h1"}, kT));
    return turn < 20 ? code_of(-500) : kSilence;
  });
  Seen seen;
  Client client(options_at({server.text()}));
  const Watch watch = client.watch("a", seen.watch());
  ASSERT_TRUE(server.eventually_count("/discovery/polls", 20));
  EXPECT_EQ(seen.all(), std::vector<std::string>{"h1 "});
  EXPECT_EQ(watch.list()->instances.size(), 1U);
}

TEST(ClientPolls, AnApplicationThatItsNodeForgetsIsEmptyAtOnce) {
  std::atomic<int> turn = 0;
  ScriptedServer server([&](const ScriptedRequest& request) {
    if (!request.has("appid=a&")) return kSilence;
    const int now = turn++;
    if (now == 0) return polls_of(data_of("a", {"h1"}, kT));
    return now == 1 ? polls_of("", "\"a\",\"never asked\"") : kSilence;
  });
  Seen seen;
  Client client(options_at({server.text()}));
  const Watch watch = client.watch("a", seen.watch());
  EXPECT_TRUE(seen.eventually("unknown"));
  ASSERT_TRUE(server.eventually_count("/discovery/polls", 3));
  EXPECT_TRUE(server.requests().back().has("appid=a&latest_timestamp=0")) << "when it is back, that is news";
}

// Where not even the nodes are listed, "unknown" follows from a poll without a timestamp that nobody answered.
TEST(ClientPolls, NothingOfAllIsKnown) {
  ScriptedServer server(
      [](const ScriptedRequest& request) { return request.has("appid=a&") ? code_of(-304) : kSilence; });
  Seen seen;
  Client client(options_at({server.text()}));
  const Watch watch = client.watch("a", seen.watch());
  EXPECT_TRUE(seen.eventually("unknown"));
}

TEST(ClientPolls, WhatIsAnsweredAtOnceWithoutNewsIsAskedMoreSlowly) {
  ScriptedServer server([](const ScriptedRequest&) { return code_of(-304); });
  Options options = options_at({server.text()});
  options.back_off_min = options.back_off_max = std::chrono::seconds(3600);
  Seen seen;
  Client client(options);
  const Watch watch = client.watch("a", seen.watch());
  ASSERT_TRUE(server.eventually_count("/discovery/polls", 1));
  // A second client asks until it was answered several times over; the first is still waiting then.
  Client other(options_at({server.text()}));
  ASSERT_TRUE(server.eventually_count("/discovery/polls", 10));
  size_t of_first = 0;
  for (const ScriptedRequest& request : server.requests()) of_first += request.has("appid=a&") ? 1U : 0U;
  EXPECT_EQ(of_first, 1U);
}

TEST(ClientPolls, FollowTheNodesOfTheirZone) {
  ScriptedServer found([](const ScriptedRequest&) { return kSilence; });
  const auto listed = [&](const std::string& zone, const std::string& address) {
    return R"({"zone":")" + zone + R"(","hostname":"n","status":1,"addrs":["grpc://x:1","http://)" + address + R"("]})";
  };
  ScriptedServer seed([&](const ScriptedRequest&) {
    return polls_of(R"("infra.discovery":{"instances":{"z1":[)" + listed("z1", found.text()) + R"(],"z2":[)" +
                    listed("z2", "127.0.0.1:2") + R"(]},"latest_timestamp":5})");
  });
  Client client(options_at({seed.text()}));
  ASSERT_TRUE(found.eventually_count("/discovery/polls", 1)) << "the configured node is left for those that are listed";
  EXPECT_EQ(client.nodes(), std::vector<std::string>{found.text()});
  Options fixed = options_at({seed.text()});
  fixed.discover_nodes = false;
  Client stays(fixed);
  const Watch watch = stays.watch("infra.discovery");
  ASSERT_NE(stays.resolve("infra.discovery", kPatience), nullptr);
  EXPECT_EQ(stays.nodes(), std::vector<std::string>{seed.text()});
}

TEST(ClientPolls, CursorsAreKeptOverAChangeOfTheNodeUnlessToldOtherwise) {
  for (const bool keep : {true, false}) {
    std::atomic<int> turn = 0;
    ScriptedServer first([&](const ScriptedRequest& request) {
      if (!request.has("appid=a&")) return kSilence;
      return turn++ == 0 ? polls_of(data_of("a", {"h1"}, kT)) : kCut;
    });
    ScriptedServer second([](const ScriptedRequest&) { return kSilence; });
    Options options = options_at({first.text(), second.text()});
    options.keep_cursors = keep;
    Client client(options);
    const Watch watch = client.watch("a");
    ASSERT_TRUE(second.eventually_count("/discovery/polls", 1));
    EXPECT_EQ(second.requests()[0].has("appid=a&latest_timestamp=1700000000000000000&"), keep);
  }
}

TEST(ClientRegistration, RegistersRenewsAndRegistersAgainOnMinus404) {
  std::atomic<int> renews = 0;
  ScriptedServer server([&](const ScriptedRequest& request) {
    if (request.is("/discovery/polls")) return kSilence;
    if (request.is("/discovery/renew") && ++renews == 2) return code_of(-404);
    return kDone;
  });
  Options options = options_at({server.text()});
  options.renew_interval = milliseconds(10);
  Client client(options);
  Seen states;
  const auto registration = client.register_instance(
      service(), [&](RegistrationState state, const Error&) { states.add(std::to_string(static_cast<int>(state))); });
  ASSERT_TRUE(server.eventually_count("/discovery/register", 2));
  ASSERT_TRUE(server.eventually_count("/discovery/renew", 4));
  EXPECT_EQ(server.count("/discovery/register"), 2U);
  EXPECT_EQ(states.all(), (std::vector<std::string>{"2", "1", "2"})) << "registered, pending, registered";
  size_t connections_of_polls = 2;  // one, and one to spare
  EXPECT_LE(server.connections(), 1 + connections_of_polls) << "a registration keeps its connection";
}

TEST(ClientRegistration, ABadAnswerIsNoRegistration) {
  for (const std::string& bad : {code_of(-500), http(503, ""), json_answer("garbage"), kCut, kSilence}) {
    ScriptedServer first(
        [&](const ScriptedRequest& request) { return request.is("/discovery/polls") ? kSilence : bad; });
    ScriptedServer second(
        [](const ScriptedRequest& request) { return request.is("/discovery/polls") ? kSilence : kDone; });
    Client client(options_at({first.text(), second.text()}));
    const auto registration = client.register_instance(service());
    EXPECT_TRUE(second.eventually_count("/discovery/register", 1)) << bad.substr(0, 100);
    EXPECT_EQ(first.count("/discovery/register"), 1U);
  }
}

TEST(ClientRegistration, WhatTheRegistryRefusesIsToldAndTriedAtLeisure) {
  ScriptedServer server(
      [](const ScriptedRequest& request) { return request.is("/discovery/polls") ? kSilence : code_of(-400); });
  Options options = options_at({server.text()});
  Seen errors;
  options.on_error = errors.errors();
  Client client(options);
  const auto registration = client.register_instance(service());
  EXPECT_TRUE(errors.eventually("refused by the registry"));
  EXPECT_EQ(registration.state(), RegistrationState::kFailing);
  EXPECT_EQ(registration.error().code, Errc::kRefused);
}

// Overtaken by its cancel, a register that hangs would bring the instance back.
TEST(ClientRegistration, ACancelWaitsForTheRegisterOnItsWay) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  ScriptedServer server([&](const ScriptedRequest& request) {
    if (request.is("/discovery/polls")) return kSilence;
    if (request.is("/discovery/register")) released.wait();
    return kDone;
  });
  Options options = options_at({server.text()});
  options.request_timeout = options.cancel_timeout = kPatience;
  Client client(options);
  auto registration = client.register_instance(service());
  ASSERT_TRUE(server.eventually_count("/discovery/register", 1));
  std::promise<Error> done;
  registration.cancel([&](const Error& error) { done.set_value(error); });
  release.set_value();
  EXPECT_FALSE(done.get_future().get());
  const auto requests = server.requests();
  EXPECT_TRUE(requests.back().is("/discovery/cancel"));
}

TEST(ClientRegistration, ACancelTriesTheNextNodeAndGivesUpInTime) {
  std::atomic<bool> dead = false;
  const auto script = [&](const ScriptedRequest& request) {
    return request.is("/discovery/polls") || dead ? kSilence : kDone;
  };
  ScriptedServer first(script);
  ScriptedServer second(script);
  Options options = options_at({first.text(), second.text()});
  options.cancel_timeout = milliseconds(200);
  Client client(options);
  auto registration = client.register_instance(service());
  ASSERT_TRUE(first.eventually_count("/discovery/register", 1));
  dead = true;
  std::promise<Error> done;
  registration.cancel([&](const Error& error) { done.set_value(error); });
  EXPECT_EQ(done.get_future().get().code, Errc::kTimeout);
  EXPECT_EQ(first.count("/discovery/cancel") + second.count("/discovery/cancel"), 2U);
}

TEST(ClientRegistration, OneMoreThanTheLimitIsRejected) {
  boost::asio::io_context context;
  Client client(context, options_at({"127.0.0.1:1"}));
  std::vector<Registration> registrations;
  for (size_t i = 0; i < kRegistrationsMax; ++i) {
    registrations.push_back(client.register_instance(service("a" + std::to_string(i))));
    ASSERT_NE(registrations.back().state(), RegistrationState::kRejected);
  }
  EXPECT_EQ(client.register_instance(service("more")).error().code, Errc::kLimit);
}

TEST(ClientResolve, OneMoreThanTheLimitIsToldSo) {
  ScriptedServer server([](const ScriptedRequest&) { return kSilence; });
  Seen seen;
  boost::asio::io_context context;
  Client client(context, options_at({server.text()}));
  for (size_t i = 0; i < kResolvesMax + 1; ++i) {
    client.async_resolve("a", [&](const Error& error, const InstanceList&) { seen.add(error.code.message()); });
  }
  while (seen.all().empty()) context.run_one();
  EXPECT_EQ(seen.all(), std::vector<std::string>{"limit exceeded"});
}

TEST(ClientWatch, OfNothingIsFalse) {
  Client client(options_at({"127.0.0.1:1"}));
  EXPECT_FALSE(Watch());
  const Watch bad = client.watch("a,b");
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::kInvalid);
  EXPECT_EQ(bad.list(), nullptr);
  Watch moved = client.watch("a");
  Watch target = std::move(moved);
  EXPECT_TRUE(target);
  target = client.watch("b");
  EXPECT_TRUE(target);
  target.stop();
  EXPECT_FALSE(target);
}

}  // namespace
}  // namespace discovery::client
