#include "simulation/clients.h"

#include "simulation/chance.h"

namespace discovery::simulation {

namespace {
constexpr uint32_t kAnswersLostPpm = 2000;
}  // namespace

Clients::Clients(uint32_t instances, uint64_t seed, bool answers_get_lost, ClientWorld& world, EventQueue& queue,
                 Judge& judge, Trace& trace)
    : random_(stream(seed, 6)),
      world_(world),
      queue_(queue),
      judge_(judge),
      trace_(trace),
      lost_ppm_(answers_get_lost ? kAnswersLostPpm : 0),
      processes_(size_t{instances} * kPerInstance),
      generations_(instances),
      sets_(instances),
      reserved_(instances) {}

void Clients::begin() {
  for (uint32_t i = 0; i < generations_.size(); ++i) {
    start(i, 0, between(random_, 0, kRenewEvery));
    queue_.put(between(random_, kRenewEvery, kRenewEvery + kOperationEvery), EventKind::kOperation, i);
  }
}

void Clients::start(uint32_t instance, uint32_t which, Ns at) {
  Process& p = process(instance, which);
  p.runs = true;
  p.registered = false;
  p.alternates = false;
  p.home = any_node();
  again(instance * kPerInstance + which, at);
}

void Clients::end(uint32_t instance, uint32_t which) {
  Process& p = process(instance, which);
  p.runs = false;
  ++p.serial;
}

void Clients::again(uint32_t process, Ns at) {
  queue_.put(at, EventKind::kProcess, process, ++processes_[process].serial);
}

void Clients::on_process(uint32_t number, uint32_t serial, Ns now) {
  Process& p = processes_[number];
  if (!p.runs || p.serial != serial) return;
  const uint32_t instance = number / kPerInstance;
  Reply reply = p.registered ? do_renew(instance, p.home, now) : do_register(instance, p.home, now);
  if (reply != Reply::kUnavailable && happens(random_, lost_ppm_)) reply = Reply::kUnavailable;
  switch (reply) {
    case Reply::kOk:
      p.registered = true;
      if (p.alternates) std::swap(p.home, p.other_home);
      again(number, now + kRenewEvery);
      break;
    case Reply::kNotFound:
      p.registered = false;
      again(number, now + kMillisecond);
      break;
    case Reply::kUnavailable:
      p.home = any_node();
      again(number, now + between(random_, kSecond / 2, 2 * kSecond));
      break;
  }
}

// ---------------------------------------------------------------------------------------------------- one request each

Reply Clients::do_register(uint32_t instance, uint32_t node, Ns now) {
  Node* n = world_.reach(node);
  if (!n) return Reply::kUnavailable;
  const Content content{++generations_[instance], 0, 1};
  Written written;
  const Reply reply = n->register_instance(instance, content, now, written);
  if (reply != Reply::kOk) return reply;
  ++operations_;
  trace_.number(uint64_t{instance} << 32 | content.generation);
  trace_.line(now, "h%u registers g%u at n%u", instance, content.generation, node);
  judge_.registered(instance, node, written, now);
  world_.stirred(node);
  return reply;
}

Reply Clients::do_renew(uint32_t instance, uint32_t node, Ns now) {
  Node* n = world_.reach(node);
  if (!n) return Reply::kUnavailable;
  const Reply reply = n->renew(instance, now);
  if (reply == Reply::kUnavailable) return reply;
  ++operations_;
  trace_.number(uint64_t{instance} << 32 | static_cast<uint64_t>(reply));
  if (reply == Reply::kOk) judge_.accepted(instance, now);
  trace_.line(now, "h%u renews at n%u%s", instance, node, reply == Reply::kOk ? "" : ": -404");
  world_.stirred(node);
  return reply;
}

Reply Clients::do_cancel(uint32_t instance, uint32_t node, Ns now) {
  Node* n = world_.reach(node);
  if (!n) return Reply::kUnavailable;
  Written written;
  const Reply reply = n->cancel(instance, now, written);
  if (reply == Reply::kUnavailable) return reply;
  ++operations_;
  trace_.number(uint64_t{instance} << 32 | 7);
  trace_.line(now, "h%u is cancelled at n%u%s", instance, node, reply == Reply::kOk ? "" : ": -404");
  judge_.cancelled(instance, node, written, reply == Reply::kOk, now);
  world_.stirred(node);
  return reply;
}

Reply Clients::do_set(uint32_t instance, uint32_t node, Ns now) {
  Node* n = world_.reach(node);
  if (!n) return Reply::kUnavailable;
  Written written;
  const uint32_t number = ++sets_[instance];
  const Reply reply = n->set(instance, number, 1 + number % 2, now, written);
  if (reply != Reply::kOk) return reply;
  ++operations_;
  trace_.number(uint64_t{instance} << 32 | 9);
  trace_.line(now, "h%u is set to s%u at n%u", instance, number, node);
  judge_.set(instance, node, written, now);
  world_.stirred(node);
  return reply;
}

// ---------------------------------------------------------------------------------------------------- what people do

void Clients::on_operation(uint32_t instance, Ns now) {
  if (calm_) return;
  queue_.put(now + kSecond + exponential(random_, kOperationEvery), EventKind::kOperation, instance);
  const uint64_t what = random_.below(100);
  if (now < reserved_[instance]) return;
  Process& p = process(instance);
  if (!p.runs) return;
  if (what < 25) {  // restarts in order
    if (do_cancel(instance, p.home, now) == Reply::kUnavailable) return;
    end(instance, 0);
    start(instance, 0, now + between(random_, kMillisecond, 60 * kSecond));
  } else if (what < 33) {  // and at once, at another node
    if (do_cancel(instance, p.home, now) == Reply::kUnavailable) return;
    end(instance, 0);
    start(instance, 0, now + between(random_, 0, 20 * kMillisecond));
  } else if (what < 58) {
    do_set(instance, any_node(), now);
  } else if (what < 70) {  // moves: a new process elsewhere, the old one is gone
    end(instance, 0);
    start(instance, 0, now + kMillisecond);
  } else if (what < 78) {  // starts twice; the first one ends without a word
    start(instance, 1, now);
    std::swap(process(instance, 0), process(instance, 1));
    again(instance * kPerInstance, now);
    again(instance * kPerInstance + 1, now + kRenewEvery);
    if (random_.below(2) == 0) end(instance, 1);
  } else if (what < 90) {  // dies silently; one in ten for good
    end(instance, 0);
    end(instance, 1);
    if (random_.below(10) > 0) start(instance, 0, now + between(random_, 100 * kSecond, 400 * kSecond));
  } else {
    p.alternates = !p.alternates;
    p.other_home = any_node();
  }
}

// ---------------------------------------------------------------------------------------------------- directed

bool Clients::register_at(uint32_t instance, uint32_t node, Ns now) {
  end(instance, 0);
  end(instance, 1);
  if (do_register(instance, node, now) != Reply::kOk) {
    start(instance, 0, now + kSecond);
    return false;
  }
  Process& p = process(instance);
  p.runs = p.registered = true;
  p.alternates = false;
  p.home = node;
  again(instance * kPerInstance, now + kRenewEvery);
  return true;
}

bool Clients::cancel_at(uint32_t instance, uint32_t node, Ns now) {
  const bool done = do_cancel(instance, node, now) == Reply::kOk;
  if (!done) return false;
  end(instance, 0);
  end(instance, 1);
  start(instance, 0, now + 60 * kSecond);
  return true;
}

bool Clients::set_at(uint32_t instance, uint32_t node, Ns now) { return do_set(instance, node, now) == Reply::kOk; }

void Clients::renew_at(uint32_t instance, uint32_t node, Ns now) {
  Process& p = process(instance);
  if (!p.runs) return;
  p.home = node;
  p.alternates = false;
  again(instance * kPerInstance, now);
}

}  // namespace discovery::simulation
