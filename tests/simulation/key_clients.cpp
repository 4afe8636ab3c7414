#include "simulation/key_clients.h"

#include "simulation/chance.h"

namespace discovery::simulation {

using keyspace::Fault;
using keyspace::LeaseId;

namespace {
constexpr Ns kLengths[] = {6 * kSecond, 10 * kSecond, 15 * kSecond, 30 * kSecond, 60 * kSecond};
constexpr Ns kLookForAnswer = 10 * kMillisecond;
}  // namespace

KeyClients::KeyClients(uint64_t seed, KeyWorld& world, EventQueue& queue, KeyJudge& judge, Trace& trace)
    : random_(stream(seed, 12)), world_(world), queue_(queue), judge_(judge), trace_(trace), clients_(kKeyClients) {}

void KeyClients::begin() {
  for (uint32_t c = 0; c < clients_.size(); ++c) {
    clients_[c].sticks = c % 2 == 1;
    start(c, between(random_, kSecond, 20 * kSecond));
    queue_.put(between(random_, 20 * kSecond, kOperationEvery), EventKind::kKeyOperation, c);
  }
}

void KeyClients::start(uint32_t number, Ns at) {
  Client& c = clients_[number];
  c.runs = true;
  c.phase = Phase::kGrant;
  c.length = kLengths[random_.below(std::size(kLengths))];
  c.lease = 0;
  c.node = any_node();
  again(number, at);
}

void KeyClients::again(uint32_t client, Ns at) {
  queue_.put(at, EventKind::kKeyClient, client, ++clients_[client].serial);
}

OurNode* KeyClients::next_node(Client& c) {
  if (!c.sticks) c.node = (c.node + 1) % world_.count();
  OurNode* const node = world_.keys_at(c.node);
  if (!node) c.node = any_node();
  return node;
}

void KeyClients::on_client(uint32_t number, uint32_t serial, Ns now) {
  Client& c = clients_[number];
  if (!c.runs || c.serial != serial) return;
  switch (c.phase) {
    case Phase::kGrant:
      return grant(number, now);
    case Phase::kPut:
      return put_own(number, now);
    case Phase::kAnswer:
      return wait_for_answer(number, now);
    case Phase::kRenew:
      return renew(number, now);
  }
}

void KeyClients::grant(uint32_t number, Ns now) {
  Client& c = clients_[number];
  OurNode* const node = next_node(c);
  if (!node) return again(number, now + between(random_, 200 * kMillisecond, kSecond));
  const auto done =
      node->enter_keys(now).grant(0, std::chrono::seconds(c.length / kSecond), "client", node->clock().read(now));
  if (done.fault != Fault::kNone) return again(number, now + kSecond);
  ++operations_;
  c.lease = done.id;
  trace_.number(static_cast<uint64_t>(done.id));
  trace_.line(now, "c%u is granted %016llx of %lld s at n%u", number, static_cast<unsigned long long>(done.id),
              static_cast<long long>(c.length / kSecond), c.node);
  judge_.granted(c.lease, c.length, c.node, now);
  node->wrote_keys(now);
  world_.stirred(c.node);
  c.renew_at = now + c.length / 3;
  c.phase = Phase::kPut;
  again(number, now + between(random_, kMillisecond, 10 * kMillisecond));
}

Fault KeyClients::put(uint32_t number, uint32_t key, LeaseId lease, Ns now) {
  OurNode& node = *world_.keys_at(number);
  const auto before = KeyJudge::versions(node);
  const std::string name = key_name(key);
  const std::string value = value_name(++writes_);
  const auto done =
      node.enter_keys(now).put({.key = name, .value = value, .lease = lease, .by = "client"}, node.clock().read(now));
  ++operations_;
  trace_.number(uint64_t{key} << 32 | writes_ << 4 | static_cast<uint64_t>(done.fault));
  trace_.line(now, "%s is put to %s with %016llx at n%u%s", name.c_str(), value.c_str(),
              static_cast<unsigned long long>(lease), number, done.fault == Fault::kNone ? "" : ": refused");
  judge_.wrote(number, before, now);
  if (done.fault == Fault::kNoLease) judge_.said_over(lease, number, now);
  if (done.fault == Fault::kNone && lease != 0) judge_.put_under(lease, now);
  node.wrote_keys(now);
  world_.stirred(number);
  return done.fault;
}

void KeyClients::put_own(uint32_t number, Ns now) {
  Client& c = clients_[number];
  OurNode* const node = next_node(c);
  if (!node) return again(number, now + between(random_, 200 * kMillisecond, kSecond));
  const Fault fault = put(c.node, number, c.lease, now);
  if (fault != Fault::kNone) {
    c.phase = fault == Fault::kNoLease ? Phase::kGrant : Phase::kPut;
    return again(number, now + kSecond);
  }
  c.phase = Phase::kAnswer;
  c.asked = c.node;
  c.written = node->clock().read(now);
  c.answer_by = now + kWriteWait;
  again(number, now + kLookForAnswer);
}

void KeyClients::wait_for_answer(uint32_t number, Ns now) {
  Client& c = clients_[number];
  OurNode* const node = world_.keys_at(c.asked);
  if (!node) {  // no answer: it writes once more
    c.phase = Phase::kPut;
    return again(number, now + between(random_, kMillisecond, kSecond));
  }
  const bool everywhere = node->written_everywhere(c.written, now);
  if (!everywhere && now < c.answer_by) return again(number, now + kLookForAnswer);
  if (everywhere) judge_.answered(c.asked, number, c.answer_by - kWriteWait, now);
  c.phase = Phase::kRenew;
  again(number, std::max(c.renew_at, now + kMillisecond));
}

void KeyClients::over(uint32_t number, LeaseId lease, Ns now) {
  Client& c = clients_[number];
  judge_.said_over(lease, c.node, now);
  c.phase = Phase::kGrant;
  again(number, now + kMillisecond);
}

void KeyClients::renew(uint32_t number, Ns now) {
  Client& c = clients_[number];
  OurNode* const node = next_node(c);
  if (!node) return again(number, now + between(random_, 100 * kMillisecond, 500 * kMillisecond));
  const auto done = node->enter_keys(now).keep_alive(c.lease, "client", node->clock().read(now));
  ++operations_;
  trace_.number(static_cast<uint64_t>(c.lease) ^ (done ? 1 : 0));
  trace_.line(now, "c%u renews %016llx at n%u%s", number, static_cast<unsigned long long>(c.lease), c.node,
              done ? "" : ": over");
  if (!done) return over(number, c.lease, now);
  judge_.renewed(c.lease, c.node, now);
  node->wrote_keys(now);
  world_.stirred(c.node);
  c.renew_at = now + c.length / 3;
  again(number, c.renew_at);
}

void KeyClients::erase(uint32_t number, uint32_t key, Ns now) {
  OurNode* const node = world_.keys_at(number);
  if (!node) return;
  const auto before = KeyJudge::versions(*node);
  const auto done = node->enter_keys(now).erase({key_name(key), ""}, "client", node->clock().read(now));
  ++operations_;
  trace_.number(uint64_t{key} << 32 | done.deleted.size());
  trace_.line(now, "%s is deleted at n%u", key_name(key).c_str(), number);
  judge_.wrote(number, before, now);
  node->wrote_keys(now);
  world_.stirred(number);
}

bool KeyClients::revoke(LeaseId lease, Ns now) {
  const uint32_t number = any_node();
  OurNode* const node = world_.keys_at(number);
  if (!node) return false;
  const auto before = KeyJudge::versions(*node);
  const bool known = node->enter_keys(now).revoke(lease, "client", node->clock().read(now));
  ++operations_;
  trace_.number(static_cast<uint64_t>(lease) ^ 2);
  trace_.line(now, "%016llx is revoked at n%u%s", static_cast<unsigned long long>(lease), number,
              known ? "" : ": over");
  judge_.wrote(number, before, now);
  if (!known) judge_.said_over(lease, number, now);
  judge_.revoked(lease);
  node->wrote_keys(now);
  world_.stirred(number);
  return true;
}

void KeyClients::on_operation(uint32_t number, Ns now) {
  if (calm_) return;
  queue_.put(now + kSecond + exponential(random_, kOperationEvery), EventKind::kKeyOperation, number);
  const uint64_t what = random_.below(100);
  Client& c = clients_[number];
  const bool registered = c.runs && c.phase == Phase::kRenew;
  if (what < 15) {  // a shared key, without a lease
    const uint32_t node = any_node();
    if (world_.keys_at(node)) put(node, any_shared(), 0, now);
  } else if (what < 25) {
    const uint32_t node = any_node();
    const bool own = random_.below(3) == 0;
    const uint32_t shared = any_shared();
    erase(node, own ? number : shared, now);
  } else if (!registered) {
    return;
  } else if (what < 45) {  // a new value
    c.phase = Phase::kPut;
    again(number, now);
  } else if (what < 60) {  // a shared key, under its lease
    const uint32_t node = any_node();
    const uint32_t shared = any_shared();
    if (!world_.keys_at(node)) return;
    if (put(node, shared, c.lease, now) == Fault::kNoLease) {
      c.phase = Phase::kGrant;
      again(number, now + kMillisecond);
    }
  } else if (what < 72) {  // moves to another lease
    const LeaseId old = c.lease;
    const bool revokes = random_.below(2) == 0;
    c.phase = Phase::kGrant;
    c.lease = 0;
    again(number, now);
    if (revokes) revoke(old, now);
  } else if (what < 82) {  // ends in order, and starts again
    if (!revoke(c.lease, now)) return;
    ++c.serial;
    start(number, now + between(random_, 0, 20 * kSecond));
  } else {  // crashes; one in six for good
    trace_.line(now, "c%u crashes", number);
    c.runs = false;
    ++c.serial;
    if (random_.below(6) > 0) start(number, now + between(random_, kSecond, 180 * kSecond));
  }
}

}  // namespace discovery::simulation
