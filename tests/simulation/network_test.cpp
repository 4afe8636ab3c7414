#include "simulation/network.h"

#include <gtest/gtest.h>

#include <map>

namespace discovery::simulation {
namespace {

using cluster::Call;
using cluster::CallKind;
using cluster::CallResult;
using cluster::Channel;

/// Three nodes that answer every call with its own body.
class NetworkTest : public testing::Test, protected NetworkEnds {
 protected:
  NetworkTest() : random_(1), network_(3, queue_, random_, trace_, *this) {}

  bool up(uint32_t node) const override { return up_[node]; }
  uint32_t life(uint32_t node) const override { return lives_[node]; }
  CallResult serve(uint32_t, uint32_t, const Call& call, bool) override {
    served_.push_back(call.body);
    return {CallResult::Kind::kAnswer, call.body};
  }
  void answered(uint32_t, uint64_t id, CallResult result) override {
    EXPECT_TRUE(results_.emplace(id, result.kind).second) << "answered twice";
  }
  void call(uint64_t id, CallKind kind, std::string body = {}) {
    network_.call(0, {id, address_of(1), Channel::kDelta, kind, {}, std::move(body), std::chrono::seconds(5)}, now_);
  }
  void run(Ns until) {
    while (!queue_.empty()) {
      const Event e = queue_.take();
      if (e.at > until) {
        queue_.put(e.at, e.kind, e.whom, e.serial);
        break;
      }
      now_ = e.at;
      if (e.kind == EventKind::kArrive) network_.on_arrive(e.whom, e.serial, now_);
      if (e.kind == EventKind::kAnswer) network_.on_answer(e.whom, e.serial, now_);
      if (e.kind == EventKind::kTimeout) network_.on_timeout(e.whom, e.serial, now_);
    }
    now_ = until;
  }
  void greet() {
    call(100, CallKind::kHello);
    run(now_ + kSecond);
    ASSERT_EQ(results_.at(100), CallResult::Kind::kAnswer);
  }

  EventQueue queue_;
  SeededRandom random_;
  Trace trace_;
  std::vector<bool> up_{true, true, true};
  std::vector<uint32_t> lives_{1, 1, 1};
  std::vector<std::string> served_;
  std::map<uint64_t, CallResult::Kind> results_;
  Ns now_ = 0;
  Network network_;
};

TEST_F(NetworkTest, AConnectionBeginsWithAHello) {
  call(1, CallKind::kPush);
  run(kSecond);
  EXPECT_EQ(results_.at(1), CallResult::Kind::kFailed);
  greet();
  call(2, CallKind::kPush);
  run(now_ + kSecond);
  EXPECT_EQ(results_.at(2), CallResult::Kind::kAnswer);
}

TEST_F(NetworkTest, ANewProcessAtTheOtherEndBreaksTheConnection) {
  greet();
  lives_[1] = 2;
  call(1, CallKind::kPush);
  run(now_ + kSecond);
  EXPECT_EQ(results_.at(1), CallResult::Kind::kFailed);
  EXPECT_EQ(served_.size(), 1U);
}

TEST_F(NetworkTest, ADownNodeRefuses) {
  up_[1] = false;
  call(1, CallKind::kHello);
  run(kSecond);
  EXPECT_EQ(results_.at(1), CallResult::Kind::kRefused);
}

TEST_F(NetworkTest, ACutIsSilentAndOneWay) {
  greet();
  network_.cut(1, 0);  // the answer
  call(1, CallKind::kPush, "a");
  run(now_ + 4 * kSecond);
  EXPECT_EQ(served_.back(), "a");
  EXPECT_FALSE(results_.contains(1));
  run(now_ + 2 * kSecond);
  EXPECT_EQ(results_.at(1), CallResult::Kind::kTimeout);
  network_.uncut(1, 0);
  call(2, CallKind::kPush);
  run(now_ + kSecond);
  EXPECT_EQ(results_.at(2), CallResult::Kind::kFailed) << "a timeout ends the connection";
}

TEST_F(NetworkTest, ACloggedLinkDeliversLateThoughTheCallerGaveUp) {
  greet();
  network_.clog(0, 1);
  call(1, CallKind::kPush, "late");
  run(now_ + 8 * kSecond);
  EXPECT_EQ(results_.at(1), CallResult::Kind::kTimeout);
  EXPECT_EQ(served_.size(), 1U);
  network_.unclog(0, 1, now_);
  run(now_ + kSecond);
  EXPECT_EQ(served_.back(), "late");
}

TEST_F(NetworkTest, ARepeatedRequestIsServedTwiceAndAnsweredOnce) {
  greet();
  NetworkQuality q;
  q.repeated_ppm = 1'000'000;
  network_.set_quality(q);
  call(1, CallKind::kPush, "twice");
  run(now_ + 20 * kSecond);
  EXPECT_EQ(std::ranges::count(served_, "twice"), 2);
  EXPECT_EQ(results_.at(1), CallResult::Kind::kAnswer);
}

TEST_F(NetworkTest, WhatWasHeardPassesFromHandToHand) {
  EXPECT_EQ(network_.heard(1, 0), -1);
  now_ = 3 * kSecond;
  greet();
  EXPECT_EQ(network_.heard(1, 0), 3 * kSecond);
  network_.call(2, {7, address_of(1), Channel::kDelta, CallKind::kHello, {}, {}, std::chrono::seconds(5)}, now_);
  run(now_ + kSecond);
  EXPECT_EQ(network_.heard(2, 0), 3 * kSecond);
  network_.drop(2);
  EXPECT_EQ(network_.heard(2, 0), -1);
}

TEST_F(NetworkTest, ACallToNobodyFails) {
  network_.call(0, {1, "n9:7171", Channel::kDelta, CallKind::kHello, {}, {}, std::chrono::seconds(5)}, 0);
  network_.call(0, {2, "garbage", Channel::kDelta, CallKind::kHello, {}, {}, std::chrono::seconds(5)}, 0);
  run(kSecond);
  EXPECT_EQ(results_.at(1), CallResult::Kind::kFailed);
  EXPECT_EQ(results_.at(2), CallResult::Kind::kFailed);
}

}  // namespace
}  // namespace discovery::simulation
