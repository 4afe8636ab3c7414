#include "client/poller.h"

#include <algorithm>
#include <set>
#include <utility>

#include "client/core.h"

namespace discovery::client {

namespace {

constexpr std::string_view kNodesAppid = "infra.discovery";
constexpr Duration kGather = std::chrono::milliseconds(5);  ///< watches that are added together cut one poll
/// An answer that tells nothing is expected to have been waited for; a registry that answers at once is asked more
/// slowly.
constexpr Duration kHollow = std::chrono::milliseconds(500);
/// So many answers in a row that came at once, each with news, and the client takes a breath between them.
constexpr size_t kRapidMax = 50;

bool same_instances(const InstanceList& a, const InstanceList& b) {
  return a.known == b.known &&
         std::equal(a.instances.begin(), a.instances.end(), b.instances.begin(), b.instances.end(), same_content);
}

}  // namespace

Poller::Poller(Core& core)
    : core_(core), link_(core.shared_loop()), timer_(core.shared_loop()), grace_timer_(core.shared_loop()) {
  // Asked for in any case: see the card.
  entries_.try_emplace(std::string(kNodesAppid));
}

void Poller::start() { again(kGather); }

void Poller::stop() {
  link_.cancel();
  timer_.cancel();
  grace_timer_.cancel();
  entries_.clear();
  core_.shelf()->reachable = false;
}

void Poller::add(const std::shared_ptr<Watch::State>& watch) {
  if (core_.stopping()) return;
  Entry& entry = entries_[watch->appid];
  entry.watches.push_back(watch);
  if (entry.list) {
    core_.shelf()->put(watch->appid, entry.list);
    core_.tell(watch->door, [&] {
      if (watch->handler) watch->handler(*entry.list);
    });
    return;
  }
  settled_ = false;
  if (!link_.busy()) return;  // it waits already, for a moment or for a node to recover
  link_.cancel();
  again(kGather);
}

void Poller::remove(const std::shared_ptr<Watch::State>& watch) {
  core_.shelf()->remove(watch->appid);
  const auto it = entries_.find(watch->appid);
  if (it == entries_.end()) return;
  std::erase(it->second.watches, watch);
  if (it->second.watches.empty() && it->first != kNodesAppid) entries_.erase(it);
}

void Poller::poll() {
  NodeList& nodes = core_.nodes();
  const auto now = std::chrono::steady_clock::now();
  const Duration interval = core_.options().node_change_interval;
  if (interval.count() > 0 && node_ && nodes.size() > 1 && now - node_since_ > interval) nodes.move_on();
  note_node(nodes.current());

  const Options& options = core_.options();
  LinkRequest request = core_.request(Method::kGet, polls_target(options.env, options.hostname, cursors()));
  request.timeout = options.poll_timeout;
  request.park = options.poll_timeout - options.poll_timeout / 4;
  asked_at_ = now;
  link_.request(*node_, std::move(request),
                [this, core = core_.shared_from_this()](const LinkAnswer& answer) { on_answer(answer); });
}

void Poller::note_node(const Node& node) {
  core_.shelf()->set_nodes(core_.nodes().texts());
  if (node_ == node) return;
  node_ = node;
  // So that clients that were started together do not move together.
  const Duration interval = core_.options().node_change_interval;
  node_since_ = std::chrono::steady_clock::now() + core_.jitter(interval) - interval;
  settled_ = false;
  for (auto& [appid, entry] : entries_) {
    entry.told_here = false;
    if (!core_.options().keep_cursors) entry.cursor_ns = 0;
  }
}

std::vector<Cursor> Poller::cursors() {
  std::vector<Cursor> cursors;
  cursors.reserve(entries_.size());
  asked_.clear();
  asked_zero_ = true;
  for (const auto& [appid, entry] : entries_) {
    const bool zero = all_zero_ || (!settled_ && appid == kNodesAppid);
    cursors.push_back({appid, zero ? 0 : entry.cursor_ns});
    asked_.push_back(appid);
    asked_zero_ = asked_zero_ && cursors.back().latest_timestamp_ns == 0;
  }
  return cursors;
}

void Poller::on_answer(const LinkAnswer& answer) {
  if (core_.stopping()) return;
  if (answer.error) return fail(answer.error);
  if (answer.status != 200) return fail({Errc::kUnavailable, "HTTP status " + std::to_string(answer.status)});
  PollsAnswer polls;
  if (const Error error = read_polls(answer.body, core_.options().instances_max, polls)) {
    return fail(error);
  }
  const int code = polls.envelope.code;
  if (code != kCodeOk && code != kCodeNotModified) {
    return fail({code == kCodeBadRequest ? Errc::kRefused : Errc::kUnavailable,
                 "code " + std::to_string(code) + " " + polls.envelope.message.substr(0, 400)});
  }
  core_.nodes().succeeded(*node_);
  core_.shelf()->reachable = true;
  if (code == kCodeNotModified) return on_nothing();
  take(std::move(polls));
}

void Poller::take(PollsAnswer answer) {
  bool news = !settled_;
  for (const InstanceList& list : answer.lists) {
    const auto it = entries_.find(list.appid);
    news |= it != entries_.end() && it->second.cursor_ns != list.latest_timestamp_ns;
  }
  settled_ = true;
  all_zero_ = false;
  const std::set<std::string> unknown(answer.unknown.begin(), answer.unknown.end());
  for (const std::string& appid : asked_) {
    const auto it = entries_.find(appid);
    if (it == entries_.end()) continue;
    if (unknown.contains(appid)) {
      take_unknown(it->second, appid);
    } else if (!answer.bad && it->second.list && it->second.list->known) {
      it->second.told_here = true;  // neither news nor unknown: as it was
      it->second.unknown_since.reset();
    }
  }
  for (InstanceList& list : answer.lists) take_list(std::move(list));
  if (answer.bad) return fail(answer.bad);
  failures_ = 0;
  if (!news) return on_nothing();
  hollow_ = 0;
  rapid_ = at_once() ? rapid_ + 1 : 0;
  again(rapid_ > kRapidMax ? core_.back_off(1) : Duration(0));
}

bool Poller::at_once() const { return std::chrono::steady_clock::now() - asked_at_ < kHollow; }

void Poller::on_nothing() {
  failures_ = 0;
  if (!settled_ && asked_zero_) {
    // Whatever is known would have been answered.
    settled_ = true;
    for (const std::string& appid : asked_) {
      const auto it = entries_.find(appid);
      if (it != entries_.end()) take_unknown(it->second, appid);
    }
  }
  all_zero_ = !settled_;
  hollow_ = at_once() ? hollow_ + 1 : 0;
  again(hollow_ > 0 ? core_.back_off(hollow_) : Duration(0));
}

void Poller::take_list(InstanceList list) {
  const auto it = entries_.find(list.appid);
  if (it == entries_.end()) return;
  Entry& entry = it->second;
  entry.cursor_ns = list.latest_timestamp_ns;
  entry.told_here = true;
  entry.unknown_since.reset();
  if (it->first == kNodesAppid && core_.options().discover_nodes) follow_nodes(list);
  publish(entry, std::move(list));
}

void Poller::take_unknown(Entry& entry, const std::string& appid) {
  entry.cursor_ns = 0;  // when it is back, that is news whatever its timestamp
  if (entry.told_here || !entry.list || entry.list->empty()) {
    entry.unknown_since.reset();
    InstanceList none;
    none.appid = appid;
    return publish(entry, std::move(none));
  }
  if (entry.unknown_since) return;
  entry.unknown_since = std::chrono::steady_clock::now();
  if (!grace_timer_.waiting()) start_grace(core_.options().unknown_grace);
}

void Poller::give_up_on_unknown() {
  const auto now = std::chrono::steady_clock::now();
  const Duration grace = core_.options().unknown_grace;
  Duration next = Duration::zero();
  for (auto& [appid, entry] : entries_) {
    if (!entry.unknown_since) continue;
    const Duration left = *entry.unknown_since + grace - now;
    if (left.count() <= 0) {
      entry.told_here = true;  // it has had its time to learn better
      take_unknown(entry, appid);
    } else if (next.count() == 0 || left < next) {
      next = left;
    }
  }
  if (next.count() > 0) start_grace(next);
}

void Poller::start_grace(Duration after) {
  grace_timer_.start(after, [this, core = core_.shared_from_this()] { give_up_on_unknown(); });
}

void Poller::publish(Entry& entry, InstanceList list) {
  const bool same = entry.list && same_instances(*entry.list, list);
  entry.list = std::make_shared<const InstanceList>(std::move(list));
  const Shelf::List now = entry.list;
  core_.shelf()->put(now->appid, now);
  if (same) return;
  // What a callback asks for comes with a later turn of the loop: the watches stay as they are meanwhile.
  for (const auto& watch : entry.watches) {
    core_.tell(watch->door, [&] {
      if (watch->handler) watch->handler(*now);
    });
  }
}

void Poller::follow_nodes(const InstanceList& list) {
  const std::string& zone = core_.options().zone;
  std::vector<Node> nodes;
  for (const Instance& instance : list.instances) {
    if (!zone.empty() && instance.zone != zone) continue;
    for (const std::string& addr : instance.addrs) {
      const auto node = addr.starts_with("http://") ? parse_node(addr) : std::nullopt;
      if (node && nodes.size() < kNodesMax && std::find(nodes.begin(), nodes.end(), *node) == nodes.end()) {
        nodes.push_back(*node);
      }
    }
  }
  core_.nodes().found(std::move(nodes));
  core_.shelf()->set_nodes(core_.nodes().texts());
}

void Poller::fail(const Error& error) {
  core_.shelf()->reachable = false;
  const Error named{error.code, node_->text() + ": " + error.message};
  core_.nodes().failed(*node_);
  settled_ = false;
  all_zero_ = false;
  for (auto& [appid, entry] : entries_) {
    entry.told_here = false;
    entry.unknown_since.reset();
  }
  ++failures_;
  again(core_.back_off(failures_));
  core_.report(named);
}

void Poller::again(Duration after) {
  timer_.start(after, [this, core = core_.shared_from_this()] { poll(); });
}

}  // namespace discovery::client
