// The stream of watches: etcd-api.md 5, statement by statement.
#include "unit/protocol/etcd/etcd_fixture.h"

namespace discovery::protocol::etcd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kZero(1, '\0');

using Change = std::function<void(pb::WatchCreateRequest&)>;

struct Stream : Running {
  explicit Stream(EtcdNode& at, const Fields& fields = {}) : Running(at, "Watch/Watch", fields), node(at) {}

  void ask(
      const std::string& key, const std::string& end = "", const Change& more = [](auto&) {}) {
    pb::WatchRequest request;
    auto& create = *request.mutable_create_request();
    create.set_key(key);
    create.set_range_end(end);
    more(create);
    say(request);
  }
  /// Of a watch that is made, which is told at once.
  int64_t watch(
      const std::string& key, const std::string& end = "", const Change& more = [](auto&) {}) {
    ask(key, end, more);
    const auto told = take<pb::WatchResponse>();
    EXPECT_FALSE(told.empty());
    if (told.empty()) return -2;
    EXPECT_TRUE(told[0].created());
    EXPECT_FALSE(told[0].canceled());
    EXPECT_EQ(told[0].events_size(), 0);
    kept.assign(told.begin() + 1, told.end());
    return told[0].watch_id();
  }
  void cancel(int64_t id) {
    pb::WatchRequest request;
    request.mutable_cancel_request()->set_watch_id(id);
    say(request);
  }
  void ask_progress() {
    pb::WatchRequest request;
    request.mutable_progress_request();
    say(request);
  }
  /// "0 put a=1", "0 delete a", and whatever else as what it is.
  std::vector<std::string> told() {
    std::vector<std::string> texts;
    auto all = std::exchange(kept, {});
    for (auto& one : take<pb::WatchResponse>()) all.push_back(std::move(one));
    for (const pb::WatchResponse& one : all) {
      std::string text = std::to_string(one.watch_id());
      if (one.created()) text += " created";
      if (one.canceled()) text += " canceled";
      if (one.compact_revision() > 0) text += " compacted";
      if (!one.cancel_reason().empty()) text += " " + one.cancel_reason();
      EXPECT_LE(one.events_size(), 1) << "one event per response";
      for (const pb::Event& event : one.events()) {
        EXPECT_GE(one.header().revision(), event.kv().mod_revision());
        text += event.type() == pb::Event::PUT ? " put " : " delete ";
        text += event.kv().key();
        if (event.type() == pb::Event::PUT) text += "=" + event.kv().value();
        if (event.has_prev_kv()) text += " was " + event.prev_kv().value();
      }
      texts.push_back(text);
    }
    return texts;
  }

  EtcdNode& node;
  std::vector<pb::WatchResponse> kept;  ///< what came with the answer that a watch was made
};

TEST(EtcdWatch, IsToldEachChangeWhenItsHoldIsOver) {
  EtcdNode node;
  Stream stream(node);
  EXPECT_EQ(stream.watch("a", "b"), 0);
  node.put("a", "1");
  node.put("x", "1");
  node.put("a", "2");
  node.erase("a");
  EXPECT_THAT(stream.told(), IsEmpty());
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), ElementsAre("0 put a=1", "0 put a=2", "0 delete a"));
  EXPECT_EQ(stream.status(), "open");
}

TEST(EtcdWatch, EventsShowTheKeyWholeAndADeletionOnlyWhatItIs) {
  EtcdNode node;
  const int64_t lease = node.grant(30);
  Stream stream(node);
  stream.watch("a");
  const int64_t put = node.put("a", "1", lease).answer.header().revision();
  const int64_t gone = node.erase("a").answer.header().revision();
  node.pass(milliseconds(140));
  const auto told = stream.take<pb::WatchResponse>();
  ASSERT_EQ(told.size(), 2U);
  const pb::KeyValue& kv = told[0].events(0).kv();
  EXPECT_EQ(kv.create_revision(), put);
  EXPECT_EQ(kv.mod_revision(), put);
  EXPECT_EQ(kv.version(), 1);
  EXPECT_EQ(kv.lease(), lease);
  EXPECT_EQ(told[0].header().revision(), put);
  const pb::KeyValue& none = told[1].events(0).kv();
  EXPECT_EQ(none.mod_revision(), gone);
  EXPECT_EQ(none.create_revision() + none.version() + none.lease(), 0);
  EXPECT_FALSE(told[1].events(0).has_prev_kv()) << "not asked";
}

TEST(EtcdWatch, CountsItsIdsFromZeroAndTakesThoseOfClients) {
  EtcdNode node;
  Stream stream(node);
  const auto with_id = [](int64_t id) { return [id](auto& r) { r.set_watch_id(id); }; };
  EXPECT_EQ(stream.watch("a"), 0);
  EXPECT_EQ(stream.watch("a", "", with_id(1)), 1);
  EXPECT_EQ(stream.watch("a"), 2) << "1 is taken";
  stream.ask("a", "", with_id(1));
  stream.ask("a", "", with_id(-7));
  const std::string refused = "-1 created canceled mvcc: duplicate watch ID provided on the WatchStream";
  EXPECT_THAT(stream.told(), ElementsAre(refused, refused));
  node.put("a", "1");
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), ElementsAre("0 put a=1", "1 put a=1", "2 put a=1"));
}

TEST(EtcdWatch, Filters) {
  EtcdNode node;
  Stream stream(node);
  stream.watch("a", "", [](auto& r) { r.add_filters(pb::WatchCreateRequest::NOPUT); });
  stream.watch("a", "", [](auto& r) { r.add_filters(pb::WatchCreateRequest::NODELETE); });
  node.put("a", "1");
  node.erase("a");
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), ElementsAre("1 put a=1", "0 delete a"));
}

TEST(EtcdWatch, ShowsWhatWasThereWhereAsked) {
  EtcdNode node;
  Stream stream(node);
  stream.watch("a", "", [](auto& r) { r.set_prev_kv(true); });
  node.put("a", "1");
  node.put("a", "2");
  node.erase("a");
  const int64_t lease = node.grant(5);
  node.put("a", "3", lease);
  node.jump(seconds(6));
  node.keys.expire(TimePoint::max(), node.clock.time);
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(),
              ElementsAre("0 put a=1", "0 put a=2 was 1", "0 delete a was 2", "0 put a=3", "0 delete a was 3"));
}

TEST(EtcdWatch, ShowsSomethingAlsoOfWhatWasNeverHere) {
  keyspace::Node other(2);
  for (const char* key : {"svc/shop/h1", "plain"}) {
    other.put(key, "1");
    other.keys.erase({key, ""}, "", other.now);
  }
  EtcdNode node;
  Stream stream(node);
  stream.watch("p", "t", [](auto& r) { r.set_prev_kv(true); });
  stream.watch("p", "t");
  other.tell(node.registry, node.clock.time);
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(),
              testing::UnorderedElementsAre("0 delete svc/shop/h1 was was svc/shop/h1", "1 delete svc/shop/h1",
                                            "0 delete plain was ", "1 delete plain"));
}

TEST(EtcdWatch, WithoutAKeyIsOfTheFirstOne) {
  EtcdNode node;
  Stream stream(node);
  stream.watch("", kZero);
  node.put("a", "1");
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), ElementsAre("0 put a=1"));
}

TEST(EtcdWatch, GoesOnFromARevisionAndSaysFirstThatItWasMade) {
  EtcdNode node;
  const int64_t listed = node.put("a", "1").answer.header().revision();
  node.put("a", "2");
  node.erase("a");
  node.pass(milliseconds(200));
  node.put("a", "held");
  Stream stream(node);
  EXPECT_EQ(stream.watch("a", "",
                         [&](auto& r) {
                           r.set_start_revision(listed + 1);
                           r.set_prev_kv(true);
                         }),
            0);
  EXPECT_THAT(stream.told(), ElementsAre("0 put a=2 was 1", "0 delete a was 2"));
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), ElementsAre("0 put a=held"));
}

TEST(EtcdWatch, HeaderOfTheFirstAnswerIsWhereItBegins) {
  EtcdNode node;
  const int64_t now = node.put("a", "held").answer.header().revision();
  Stream stream(node);
  stream.ask("a");
  EXPECT_EQ(stream.take<pb::WatchResponse>().at(0).header().revision(), now);
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), IsEmpty()) << "what was before is not told";
}

TEST(EtcdWatch, EndsOnlyWhereItsClientSaysSo) {
  EtcdNode node;
  Stream stream(node);
  stream.watch("a");
  stream.watch("a");
  EXPECT_EQ(node.service.watches(), 2U);
  stream.cancel(7);
  EXPECT_THAT(stream.told(), IsEmpty()) << "unknown: ignored";
  stream.cancel(0);
  EXPECT_THAT(stream.told(), ElementsAre("0 canceled"));
  stream.cancel(0);
  EXPECT_THAT(stream.told(), IsEmpty());
  node.put("a", "1");
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), ElementsAre("1 put a=1"));
  EXPECT_EQ(stream.watch("b"), 2) << "an id does not come twice";
  EXPECT_EQ(node.service.watches(), 2U);
}

TEST(EtcdWatch, ProgressDoesNotOvertakeWhatIsHeld) {
  EtcdNode node;
  Stream stream(node);
  stream.watch("a");
  const int64_t before = node.keys.revision();
  const int64_t put = node.put("a", "1").answer.header().revision();
  stream.ask_progress();
  auto told = stream.take<pb::WatchResponse>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].watch_id(), -1);
  EXPECT_EQ(told[0].events_size(), 0);
  EXPECT_LT(told[0].header().revision(), put);
  EXPECT_GE(told[0].header().revision(), before);
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), ElementsAre("0 put a=1"));
  stream.ask_progress();
  told = stream.take<pb::WatchResponse>();
  EXPECT_EQ(told.at(0).header().revision(), put);
}

TEST(EtcdWatch, ReportsProgressEveryTenMinutesWhereAsked) {
  EtcdNode node;
  Stream stream(node);
  stream.watch("a");
  stream.watch("a", "", [](auto& r) { r.set_progress_notify(true); });
  node.jump(std::chrono::minutes(9));
  EXPECT_THAT(stream.told(), IsEmpty());
  node.jump(std::chrono::minutes(1) + milliseconds(40));
  EXPECT_THAT(stream.told(), ElementsAre("1"));
  node.jump(std::chrono::minutes(10) + milliseconds(40));
  EXPECT_THAT(stream.told(), ElementsAre("1"));
  stream.cancel(1);
  EXPECT_THAT(stream.told(), ElementsAre("1 canceled"));
  node.jump(std::chrono::minutes(20));
  EXPECT_THAT(stream.told(), IsEmpty());
}

TEST(EtcdWatch, SaysWhatItCannotTell) {
  keyspace::KeyspaceSettings settings = keyspace::keyspace_settings(1);
  settings.replay_keys_max = 2;
  EtcdNode node(nullptr, settings);
  for (const char* key : {"a", "b", "c"}) node.put(key, "1");
  node.pass(milliseconds(200));
  Stream stream(node);
  stream.ask(kZero, kZero, [](auto& r) { r.set_start_revision(1); });
  EXPECT_THAT(stream.told(), ElementsAre("0 created", "0 canceled compacted"));
  EXPECT_EQ(node.service.watches(), 0U);
  EXPECT_EQ(stream.status(), "open");
  stream.ask("a", "", [](auto& r) { r.set_start_revision(-1); });
  EXPECT_THAT(stream.told(), ElementsAre("-1 created canceled etcdserver: mvcc: required revision has been compacted"));
}

// Otherwise a client that half-closes at once (grpcurl) would be told nothing; etcd goes on, too.
TEST(EtcdWatch, GoesOnBehindAHalfClose) {
  EtcdNode node;
  Stream stream(node);
  stream.watch("a");
  stream.handler->on_half_close();
  node.put("a", "1");
  node.pass(milliseconds(140));
  EXPECT_THAT(stream.told(), ElementsAre("0 put a=1"));
  EXPECT_EQ(stream.status(), "open");
}

TEST(EtcdWatch, IsForgottenWithItsStream) {
  EtcdNode node;
  {
    Stream stream(node);
    stream.watch("a", "", [](auto& r) { r.set_progress_notify(true); });
    stream.handler->on_cancel();
  }
  EXPECT_EQ(node.service.watches(), 0U);
  node.put("a", "1");
  node.jump(std::chrono::minutes(20));
}

TEST(EtcdWatch, BreaksTheStreamWhereEventsWereForgotten) {
  keyspace::KeyspaceSettings settings = keyspace::keyspace_settings(1);
  settings.history.events = 2;
  EtcdNode node(nullptr, settings);
  Stream stream(node);
  stream.watch("a");
  for (int i = 0; i < 4; ++i) node.put("a", std::to_string(i));
  node.pass(milliseconds(140));
  EXPECT_EQ(stream.status(), "14 etcdserver: request timed out");
}

TEST(EtcdWatch, EndsUnavailableWhileTheNodeDoesNotServe) {
  EtcdNode node;
  Stream stream(node);
  node.port.serving = false;
  stream.ask("a");
  EXPECT_EQ(stream.status(), "14 etcdserver: request timed out");
  EXPECT_THAT(stream.told(), IsEmpty());
}

TEST(EtcdWatch, AnEmptyRequestIsIgnoredAndGarbageEndsTheStream) {
  EtcdNode node;
  Stream stream(node);
  stream.say(pb::WatchRequest());
  EXPECT_EQ(stream.status(), "open");
  stream.handler->on_message("\xff\xff");
  EXPECT_EQ(stream.status(), "13 malformed message");
}

// A replay of everything is more than a connection may hold for its client.
TEST(EtcdWatch, SendsAReplayAsFastAsItIsTaken) {
  EtcdNode node;
  constexpr int kKeys = 50;
  for (int i = 0; i < kKeys; ++i) node.put("k" + std::to_string(100 + i), std::string(100'000, 'v'));
  node.pass(milliseconds(200));
  Stream stream(node);
  stream.call.holds_back = true;
  stream.ask(kZero, kZero, [](auto& r) { r.set_start_revision(1); });
  stream.ask("z");
  size_t events = 0;
  std::string last;
  bool live = false;
  for (int turn = 0; turn < kKeys; ++turn) {
    EXPECT_LT(stream.call.unsent, 1'300'000U);
    for (const auto& one : stream.take<pb::WatchResponse>()) {
      for (const auto& event : one.events()) {
        EXPECT_LE(last, event.kv().key());
        last = event.kv().key();
        ++events;
      }
    }
    if (!live) {
      live = true;
      node.put("z", "live");
      node.pass(milliseconds(140));
      stream.ask_progress();
      EXPECT_LT(stream.take<pb::WatchResponse>().back().header().revision(),
                node.range("k149").answer.kvs(0).mod_revision())
          << "nor does progress overtake what waits for the client";
    }
    stream.drain();
  }
  EXPECT_EQ(events, kKeys + 2U) << "two watches are told of z";
  EXPECT_EQ(last, "z");
  EXPECT_EQ(stream.status(), "open");
}

TEST(EtcdWatch, WhatWaitsForTheClientEndsWithItsWatch) {
  EtcdNode node;
  for (const char* key : {"a", "b", "c"}) node.put(key, std::string(1'100'000, 'v'));
  node.pass(milliseconds(200));
  Stream stream(node);
  stream.call.holds_back = true;
  const auto from_the_start = [](auto& r) {
    r.set_start_revision(1);
    r.set_watch_id(5);
  };
  stream.ask(kZero, kZero, from_the_start);
  stream.cancel(5);
  stream.ask("c", "", from_the_start);
  for (int turn = 0; turn < 5; ++turn) stream.drain();
  std::vector<std::string> keys;
  for (const auto& one : stream.take<pb::WatchResponse>()) {
    keys.push_back(one.created() ? "created" : one.canceled() ? "canceled" : one.events(0).kv().key());
  }
  EXPECT_THAT(keys, ElementsAre("created", "a", "canceled", "created", "c"));
}

TEST(EtcdWatch, DoesNotKeepEverythingForAClientThatDoesNotRead) {
  EtcdNode node;
  Stream stream(node);
  stream.watch("a");
  stream.call.holds_back = true;
  for (int i = 0; i < 30; ++i) {
    node.put("a", std::string(1'000'000, 'v'));
    node.pass(milliseconds(140));
  }
  EXPECT_EQ(stream.status(), "14 etcdserver: request timed out");
}

}  // namespace
}  // namespace discovery::protocol::etcd
