// Range, Put, DeleteRange, Txn, Compact: what is answered, and with which words it is refused.
#include "unit/protocol/etcd/etcd_fixture.h"

namespace discovery::protocol::etcd {
namespace {

const std::string kZero(1, '\0');

Asked<pb::RangeResponse> range(EtcdNode& node, const std::function<void(pb::RangeRequest&)>& more) {
  pb::RangeRequest request;
  request.set_key(kZero);
  request.set_range_end(kZero);
  more(request);
  return node.ask<pb::RangeResponse>("KV/Range", request);
}

Asked<pb::PutResponse> put(EtcdNode& node, const std::function<void(pb::PutRequest&)>& more) {
  pb::PutRequest request;
  request.set_key("a");
  more(request);
  return node.ask<pb::PutResponse>("KV/Put", request);
}

TEST(EtcdRange, TellsAllThereIsToKnowOfAKey) {
  EtcdNode node;
  const int64_t lease = node.grant(30);
  const int64_t made = node.put("a", "1").answer.header().revision();
  const int64_t changed = node.put("a", "2", lease).answer.header().revision();
  const auto found = node.range("a");
  ASSERT_EQ(found.answer.kvs_size(), 1);
  const pb::KeyValue& kv = found.answer.kvs(0);
  EXPECT_EQ(kv.key(), "a");
  EXPECT_EQ(kv.value(), "2");
  EXPECT_EQ(kv.create_revision(), made);
  EXPECT_EQ(kv.mod_revision(), changed);
  EXPECT_EQ(kv.version(), 2);
  EXPECT_EQ(kv.lease(), lease);
  EXPECT_EQ(found.answer.count(), 1);
  EXPECT_FALSE(found.answer.more());
  EXPECT_EQ(found.answer.header().revision(), changed);
}

TEST(EtcdRange, WhatIsAbsentIsEmptyAndNoError) {
  EtcdNode node;
  const auto found = node.range("a");
  EXPECT_EQ(text_of(found.status), "0 ");
  EXPECT_EQ(found.answer.kvs_size(), 0);
  EXPECT_EQ(found.answer.count(), 0);
}

TEST(EtcdRange, FindsPrefixesAndWhatFollowsAndEverything) {
  EtcdNode node;
  for (const char* key : {"b/2", "a", "b/10", "c", "b"}) node.put(key, key);
  EXPECT_EQ(keys_of(node.range("b/", "b0").answer), "b/10 b/2 ");
  EXPECT_EQ(keys_of(node.range("b/2", kZero).answer), "b/2 c ");
  EXPECT_EQ(keys_of(node.range(kZero, kZero).answer), "a b b/10 b/2 c ");
  EXPECT_EQ(keys_of(node.range("c", "b").answer), "");
}

TEST(EtcdRange, LimitsAndSaysThatThereIsMore) {
  EtcdNode node;
  for (const char* key : {"a", "b", "c"}) node.put(key, key);
  const auto some = range(node, [](auto& r) { r.set_limit(2); });
  EXPECT_EQ(keys_of(some.answer), "a b ");
  EXPECT_TRUE(some.answer.more());
  EXPECT_EQ(some.answer.count(), 3) << "of all";
  const auto all = range(node, [](auto& r) { r.set_limit(3); });
  EXPECT_FALSE(all.answer.more());
  EXPECT_EQ(range(node, [](auto& r) { r.set_limit(-1); }).answer.kvs_size(), 3);
}

TEST(EtcdRange, CountsOnlyOrShowsKeysOnly) {
  EtcdNode node;
  for (const char* key : {"a", "b"}) node.put(key, key);
  const auto count = range(node, [](auto& r) {
    r.set_count_only(true);
    r.set_limit(1);
  });
  EXPECT_EQ(count.answer.count(), 2);
  EXPECT_EQ(count.answer.kvs_size(), 0);
  EXPECT_FALSE(count.answer.more());
  const auto keys = range(node, [](auto& r) { r.set_keys_only(true); });
  EXPECT_EQ(keys_of(keys.answer), "a b ");
  EXPECT_EQ(keys.answer.kvs(0).value(), "");
  EXPECT_GT(keys.answer.kvs(0).mod_revision(), 0);
}

TEST(EtcdRange, SortsByEverythingThatEtcdSortsBy) {
  EtcdNode node;
  using R = pb::RangeRequest;
  node.put("b", "2");  // created first, changed last, version 2
  node.put("a", "3");
  node.put("c", "1");
  node.put("b", "2");
  const auto sorted = [&](R::SortTarget target, R::SortOrder order, int64_t limit = 0) {
    return keys_of(range(node, [&](auto& r) {
                     r.set_sort_target(target);
                     r.set_sort_order(order);
                     r.set_limit(limit);
                   }).answer);
  };
  EXPECT_EQ(sorted(R::KEY, R::ASCEND), "a b c ");
  EXPECT_EQ(sorted(R::KEY, R::DESCEND), "c b a ");
  EXPECT_EQ(sorted(R::VALUE, R::ASCEND), "c b a ");
  EXPECT_EQ(sorted(R::VALUE, R::DESCEND), "a b c ");
  EXPECT_EQ(sorted(R::CREATE, R::ASCEND), "b a c ");
  EXPECT_EQ(sorted(R::CREATE, R::DESCEND), "c a b ");
  EXPECT_EQ(sorted(R::MOD, R::ASCEND), "a c b ");
  EXPECT_EQ(sorted(R::MOD, R::DESCEND), "b c a ");
  EXPECT_EQ(sorted(R::VERSION, R::DESCEND), "b a c ");
  EXPECT_EQ(sorted(R::VALUE, R::NONE), "c b a ") << "as etcd: a target without an order rises";
  EXPECT_EQ(sorted(R::MOD, R::DESCEND, 1), "b ") << "sorted, then cut";
}

TEST(EtcdRange, FiltersByRevisions) {
  EtcdNode node;
  const int64_t first = node.put("a", "1").answer.header().revision();
  const int64_t second = node.put("b", "1").answer.header().revision();
  const int64_t third = node.put("a", "2").answer.header().revision();
  const auto filtered = [&](const std::function<void(pb::RangeRequest&)>& more) {
    return keys_of(range(node, more).answer);
  };
  EXPECT_EQ(filtered([&](auto& r) { r.set_min_mod_revision(third); }), "a ");
  EXPECT_EQ(filtered([&](auto& r) { r.set_max_mod_revision(third - 1); }), "b ");
  EXPECT_EQ(filtered([&](auto& r) { r.set_min_create_revision(second); }), "b ");
  EXPECT_EQ(filtered([&](auto& r) { r.set_max_create_revision(first); }), "a ");
  const auto cut = range(node, [&](auto& r) {
    r.set_min_mod_revision(1);
    r.set_limit(1);
  });
  EXPECT_EQ(keys_of(cut.answer), "a ");
  EXPECT_TRUE(cut.answer.more());
  EXPECT_EQ(cut.answer.count(), 2) << "as etcd: of the range, whatever the filters leave";
}

TEST(EtcdRange, AnswersOfNowAndOfNoOtherRevision) {
  EtcdNode node;
  const int64_t before = node.put("a", "1").answer.header().revision();
  const int64_t now = node.put("a", "2").answer.header().revision();
  const auto at = [&](int64_t revision) {
    return text_of(range(node, [&](auto& r) { r.set_revision(revision); }).status);
  };
  EXPECT_EQ(at(now), "0 ");
  EXPECT_EQ(at(0), "0 ");
  EXPECT_EQ(at(now + 1), "11 etcdserver: mvcc: required revision is a future revision");
  EXPECT_EQ(at(before), "11 etcdserver: mvcc: required revision has been compacted");
  EXPECT_EQ(text_of(range(node, [](auto& r) { r.set_serializable(true); }).status), "0 ");
}

TEST(EtcdRange, WantsAKey) {
  EtcdNode node;
  EXPECT_EQ(text_of(node.range("", kZero).status), "3 etcdserver: key is not provided");
}

TEST(EtcdPut, ShowsWhatWasThereWhereAsked) {
  EtcdNode node;
  EXPECT_FALSE(put(node, [](auto& r) { r.set_prev_kv(true); }).answer.has_prev_kv());
  const int64_t before = node.put("a", "1").answer.header().revision();
  const auto with = put(node, [](auto& r) {
    r.set_value("2");
    r.set_prev_kv(true);
  });
  EXPECT_EQ(with.answer.prev_kv().value(), "1");
  EXPECT_EQ(with.answer.prev_kv().mod_revision(), before);
  EXPECT_GT(with.answer.header().revision(), before);
  EXPECT_FALSE(put(node, [](auto&) {}).answer.has_prev_kv());
}

TEST(EtcdPut, KeepsValueOrLease) {
  EtcdNode node;
  const int64_t lease = node.grant(30);
  node.put("a", "1", lease);
  EXPECT_EQ(text_of(put(node,
                        [](auto& r) {
                          r.set_value("2");
                          r.set_ignore_lease(true);
                        })
                        .status),
            "0 ");
  EXPECT_EQ(node.range("a").answer.kvs(0).lease(), lease);
  EXPECT_EQ(text_of(put(node, [](auto& r) { r.set_ignore_value(true); }).status), "0 ");
  EXPECT_EQ(node.get("a"), "2");
  EXPECT_EQ(node.range("a").answer.kvs(0).lease(), 0) << "the lease was not to be kept";
}

TEST(EtcdPut, IsRefusedInTheWordsOfEtcd) {
  EtcdNode node;
  const auto refusal = [&](const std::function<void(pb::PutRequest&)>& more) {
    return text_of(put(node, more).status);
  };
  EXPECT_EQ(refusal([](auto& r) { r.clear_key(); }), "3 etcdserver: key is not provided");
  EXPECT_EQ(refusal([](auto& r) { r.set_lease(99); }), "5 etcdserver: requested lease not found");
  EXPECT_EQ(refusal([](auto& r) { r.set_lease(-1); }), "5 etcdserver: requested lease not found");
  EXPECT_EQ(refusal([](auto& r) { r.set_ignore_value(true); }), "3 etcdserver: key not found");
  EXPECT_EQ(refusal([](auto& r) { r.set_ignore_lease(true); }), "3 etcdserver: key not found");
  EXPECT_EQ(refusal([](auto& r) {
              r.set_ignore_value(true);
              r.set_value("v");
            }),
            "3 etcdserver: value is provided");
  EXPECT_EQ(refusal([](auto& r) {
              r.set_ignore_lease(true);
              r.set_lease(99);
            }),
            "3 etcdserver: lease is provided");
  EXPECT_EQ(refusal([](auto& r) { r.set_key(std::string(1025, 'k')); }), "3 etcdserver: request is too large");
  EXPECT_EQ(refusal([](auto& r) { r.set_key(std::string(1024, 'k')); }), "0 ");
  EXPECT_EQ(node.keys.numbers().keys, 1U);
}

TEST(EtcdPut, SaysThatThereIsNoRoom) {
  EtcdNode node;
  node.registry.set_memory_bytes_max(10'000);
  EXPECT_EQ(text_of(node.put("a", std::string(20'000, 'v')).status), "8 etcdserver: mvcc: database space exceeded");
  EXPECT_EQ(node.get("a"), "-");
}

TEST(EtcdDelete, CountsAndShowsWhatIsGone) {
  EtcdNode node;
  for (const char* key : {"a/1", "a/2", "b"}) node.put(key, key);
  EXPECT_EQ(node.erase("x").answer.deleted(), 0);
  EXPECT_EQ(text_of(node.erase("x").status), "0 ");
  pb::DeleteRangeRequest request;
  request.set_key("a/");
  request.set_range_end("a0");
  request.set_prev_kv(true);
  const auto gone = node.ask<pb::DeleteRangeResponse>("KV/DeleteRange", request);
  EXPECT_EQ(gone.answer.deleted(), 2);
  ASSERT_EQ(gone.answer.prev_kvs_size(), 2);
  EXPECT_EQ(gone.answer.prev_kvs(1).value(), "a/2");
  EXPECT_EQ(node.erase("b").answer.prev_kvs_size(), 0);
  EXPECT_EQ(keys_of(node.range(kZero, kZero).answer), "");
  EXPECT_EQ(text_of(node.erase("").status), "3 etcdserver: key is not provided");
}

// ---------------------------------------------------------------------------------------------------- Txn

struct Txn {
  Txn& put(const std::string& key, const std::string& value, int64_t lease = 0) {
    auto& op = *request.add_success()->mutable_request_put();
    op.set_key(key);
    op.set_value(value);
    op.set_lease(lease);
    return *this;
  }
  Txn& range(const std::string& key, const std::string& end = "", int64_t revision = 0) {
    auto& op = *request.add_success()->mutable_request_range();
    op.set_key(key);
    op.set_range_end(end);
    op.set_revision(revision);
    return *this;
  }
  Txn& erase(const std::string& key) {
    request.add_success()->mutable_request_delete_range()->set_key(key);
    return *this;
  }
  Asked<pb::TxnResponse> at(EtcdNode& node) const { return node.ask<pb::TxnResponse>("KV/Txn", request); }
  std::string refusal(EtcdNode& node) const { return text_of(at(node).status); }
  pb::TxnRequest request;
};

TEST(EtcdTxn, AnswersEachOperationInOrder) {
  EtcdNode node;
  node.put("old", "1");
  const auto done = Txn().put("a", "1").range("a").erase("old").range("old").put("b", "2").at(node);
  ASSERT_EQ(text_of(done.status), "0 ");
  EXPECT_TRUE(done.answer.succeeded());
  ASSERT_EQ(done.answer.responses_size(), 5);
  EXPECT_GT(done.answer.responses(0).response_put().header().revision(), 0);
  EXPECT_EQ(done.answer.responses(1).response_range().kvs(0).value(), "1");
  EXPECT_EQ(done.answer.responses(2).response_delete_range().deleted(), 1);
  EXPECT_EQ(done.answer.responses(3).response_range().count(), 0);
  EXPECT_EQ(done.answer.responses(4).response_put().header().revision(), done.answer.header().revision());
  EXPECT_EQ(Txn().at(node).answer.succeeded(), true) << "an empty one";
}

TEST(EtcdTxn, TakesSoManyOperationsAndNotOneMore) {
  EtcdNode node;
  Txn most;
  for (int i = 0; i < kOperationsMax; ++i) most.put("k" + std::to_string(i), "v");
  EXPECT_EQ(most.at(node).answer.responses_size(), 128);
  most.put("one more", "v");
  EXPECT_EQ(most.refusal(node), "3 etcdserver: too many operations in txn request");
  Txn otherwise;
  *otherwise.request.mutable_failure() = most.request.success();
  EXPECT_EQ(otherwise.refusal(node), "3 etcdserver: too many operations in txn request");
  EXPECT_EQ(node.get("one more"), "-");
}

TEST(EtcdTxn, IsRefusedInTheWordsOfEtcd) {
  EtcdNode node;
  EXPECT_EQ(Txn().put("a", "1").put("a", "2").refusal(node), "3 etcdserver: duplicate key given in txn request");
  EXPECT_EQ(Txn().put("", "1").refusal(node), "3 etcdserver: key is not provided");
  EXPECT_EQ(Txn().range("").refusal(node), "3 etcdserver: key is not provided");
  EXPECT_EQ(Txn().erase("").refusal(node), "3 etcdserver: key is not provided");
  Txn nothing;
  nothing.request.add_success();
  EXPECT_EQ(nothing.refusal(node), "3 etcdserver: key not found");
  Txn nested;
  nested.request.add_success()->mutable_request_txn();
  EXPECT_EQ(nested.refusal(node), "12 etcdserver: a transaction in a transaction is not offered by this registry");
  Txn compares;
  compares.put("a", "1").request.add_compare()->set_key("a");
  EXPECT_EQ(compares.refusal(node), "12 etcdserver: compare is not offered by this registry");
  EXPECT_EQ(node.get("a"), "-");
}

// It has no rollback, so whatever can be refused is refused before the first operation.
TEST(EtcdTxn, DoesNothingWhereOneOperationIsRefused) {
  EtcdNode node;
  const int64_t now = node.put("there", "1").answer.header().revision();
  EXPECT_EQ(Txn().put("a", "1").put("b", "1", 99).refusal(node), "5 etcdserver: requested lease not found");
  EXPECT_EQ(Txn().put("a", "1").put(std::string(2000, 'b'), "1").refusal(node), "3 etcdserver: request is too large");
  Txn keeps = Txn().put("a", "1").put("b", "");
  keeps.request.mutable_success(1)->mutable_request_put()->set_ignore_value(true);
  EXPECT_EQ(keeps.refusal(node), "3 etcdserver: key not found");
  EXPECT_EQ(Txn().put("a", "1").range("a", "", now + 1).refusal(node),
            "11 etcdserver: mvcc: required revision is a future revision");
  EXPECT_EQ(Txn().put("a", "1").range("a", "", now - 1).refusal(node),
            "11 etcdserver: mvcc: required revision has been compacted");
  EXPECT_EQ(keys_of(node.range(kZero, kZero).answer), "there ");
  EXPECT_EQ(node.keys.revision(), now) << "nothing happened";
  EXPECT_EQ(Txn().put("a", "1").range("a", "", now).refusal(node), "0 ") << "the revision of before it";
}

// 128 times everything: some gigabytes, for a request of some kilobytes.
TEST(EtcdTxn, BoundsWhatItShows) {
  EtcdNode node;
  const std::string value(1'000'000, 'v');
  for (const char* key : {"a", "b", "c", "d"}) node.put(key, value);
  Txn many;
  for (int i = 0; i < 8; ++i) many.range(kZero, kZero);
  EXPECT_EQ(many.at(node).answer.responses_size(), 8);
  many.range(kZero, kZero);
  EXPECT_EQ(many.refusal(node), "3 etcdserver: request is too large");
  for (auto& op : *many.request.mutable_success()) op.mutable_request_range()->set_keys_only(true);
  EXPECT_EQ(many.refusal(node), "0 ");
}

TEST(EtcdCompact, IsGranted) {
  EtcdNode node;
  const int64_t now = node.put("a", "1").answer.header().revision();
  pb::CompactionRequest request;
  request.set_revision(now);
  EXPECT_EQ(text_of(node.ask<pb::CompactionResponse>("KV/Compact", request).status), "0 ");
  request.set_revision(now + 1);
  EXPECT_EQ(text_of(node.ask<pb::CompactionResponse>("KV/Compact", request).status),
            "11 etcdserver: mvcc: required revision is a future revision");
  EXPECT_EQ(node.get("a"), "1");
}

}  // namespace
}  // namespace discovery::protocol::etcd
