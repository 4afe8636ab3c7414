// paced(): work at a given rate, as a fleet of that size makes it.
#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "load/experiments.h"
#include "load/poller.h"
#include "load/tally.h"
#include "load/watchers.h"

namespace discovery::load {
namespace {

constexpr uint64_t kFirstPoll = uint64_t{1} << 32;  ///< in the poller; connections of renewals stand below
constexpr size_t kTailBytes = 512;                  ///< holds the timestamp, or the whole of a -304
constexpr uint64_t kCaller = uint64_t{1} << 40;

/// When the n-th of `per_second` things is due.
Clock::time_point due(Clock::time_point begin, uint64_t n, double per_second) {
  return begin + std::chrono::duration_cast<Clock::duration>(
                     std::chrono::duration<double>(static_cast<double>(n) / per_second));
}

/// The changes of one application, oldest first. The changer has one under way at a time, so the server's timestamp of
/// each lies between when it was sent and when the next one was.
class Changes {
 public:
  void sent(Clock::time_point now) {
    if (sent_.size() == kKept) sent_.pop_front();
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    sent_.push_back({std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count(), now});
  }
  /// When the first one was sent that who had been told `before` did not know, if it is among those up to `told`.
  [[nodiscard]] const Clock::time_point* first_news(int64_t before, int64_t told) const {
    const auto later = [](int64_t t, const Sent& sent) { return t < sent.wall_ns; };
    const auto it = std::upper_bound(sent_.begin(), sent_.end(), before, later);
    return it == sent_.end() || it->wall_ns > told ? nullptr : &it->at;
  }

 private:
  static constexpr size_t kKept = 10'000;
  struct Sent {
    int64_t wall_ns;
    Clock::time_point at;
  };
  std::deque<Sent> sent_;
};

class Fleet {
 public:
  Fleet(const Setting& s, const PaceSetting& pace)
      : s_(s), pace_(pace), caller_(s.server), watchers_(s.server, s.requests, pace.polls, poller_, kFirstPoll) {
    for (uint64_t i = 0; i < s.connections; ++i) {
      renewers_.push_back(std::make_unique<Client>(s.server));
      due_.emplace_back();
      poller_.add(*renewers_[i], i);
      free_.push_back(i);
    }
    changer_ = std::make_unique<Client>(s.server);
    poller_.add(*changer_, kCaller);
  }

  void park() {
    latest_ = latest_timestamps(caller_, s_.requests, s_.population.apps);
    news_.resize(s_.population.apps);
    asked_with_.resize(pace_.polls);
    for (uint64_t i = 0; i < pace_.polls; ++i) ask(i, spread(i, s_.population.apps));
  }

  void run() {
    const auto begin = Clock::now();
    const auto end = begin + s_.time;
    for (auto now = begin; now < end; now = Clock::now()) {
      while (due(begin, sent_, pace_.renewals_per_second) <= now && !free_.empty()) renew(begin);
      if (pace_.changes_per_second > 0 && due(begin, changes_, pace_.changes_per_second) <= now && !changer_->awaits())
        change();
      poller_.wait(time_to_wait(begin), [&](uint64_t i) { arrived(i); });
    }
    took_ = seconds(Clock::now() - begin);
    behind_ = static_cast<uint64_t>(took_ * pace_.renewals_per_second) -
              std::min(sent_, static_cast<uint64_t>(took_ * pace_.renewals_per_second));
  }

  [[nodiscard]] nlohmann::json report() const {
    nlohmann::json out;
    renewals_.write(out);
    out["seconds"] = took_;
    out["per_second"] = static_cast<double>(renewals_.ok) / took_;
    out["not_sent_in_time"] = behind_;
    out["changes"] = changes_;
    nlohmann::json told;
    told_.write(told);
    out["polls_answered"] = told;
    return out;
  }

 private:
  void ask(uint64_t i, uint64_t app) {
    asked_with_[i] = latest_[app];
    watchers_.ask(i, app, latest_[app], kTailBytes);
  }

  [[nodiscard]] Clock::duration time_to_wait(Clock::time_point begin) const {
    constexpr Clock::duration kLongest = std::chrono::milliseconds(1);
    if (free_.empty()) return kLongest;
    if (!pace_.yields) return {};
    auto next = due(begin, sent_, pace_.renewals_per_second);
    if (pace_.changes_per_second > 0 && !changer_->awaits())
      next = std::min(next, due(begin, changes_, pace_.changes_per_second));
    return std::clamp<Clock::duration>(next - Clock::now(), Clock::duration(0), kLongest);
  }

  void renew(Clock::time_point begin) {
    const uint64_t i = free_.front();
    free_.pop_front();
    due_[i] = due(begin, sent_, pace_.renewals_per_second);
    const uint64_t instance = spread(sent_++, s_.population.instances());
    s_.requests.renew(instance / s_.population.per, instance % s_.population.per, request_);
    renewers_[i]->send(request_);
  }

  void change() {
    const uint64_t app = spread(changes_, s_.population.apps);
    s_.requests.register_instance(app, s_.population.per + changes_ % 8, request_);
    ++changes_;
    changer_->send(request_);
    if (!news_.empty()) news_[app].sent(changer_->sent_at());
  }

  void arrived(uint64_t i) {
    if (i == kCaller) {
      if (changer_->read(scratch_) == Client::Arrival::kAnswer && !changer_->success())
        renewals_.error(changer_->excerpt());
    } else if (i >= kFirstPoll) {
      told(i - kFirstPoll);
    } else {
      renewed(i);
    }
  }

  void renewed(uint64_t i) {
    Client& client = *renewers_[i];
    const auto arrival = client.read(scratch_);
    if (arrival == Client::Arrival::kMore) return;
    if (arrival == Client::Arrival::kClosed) {
      renewals_.error("the connection was closed");
      renewers_[i] = std::make_unique<Client>(s_.server);
      poller_.add(*renewers_[i], i);
    } else {
      renewals_.answer(client, Clock::now() - due_[i]);
    }
    free_.push_back(i);
  }

  // Also -304 after half a minute is an answer as it should be.
  void told(uint64_t i) {
    Client& client = watchers_.client(i);
    const auto arrival = client.read(scratch_);
    if (arrival == Client::Arrival::kMore) return;
    const uint64_t app = watchers_.app_of(i);
    if (arrival == Client::Arrival::kClosed) {
      told_.error("the connection was closed");
      watchers_.reconnect(i);
    } else if (client.success()) {
      const int64_t told = latest_timestamp_of(client.body());
      if (const auto* since = news_[app].first_news(asked_with_[i], told))
        told_.answer(client, client.first_byte_at() - *since);
      latest_[app] = std::max(latest_[app], told);
    } else if (client.body().find("-304") == std::string_view::npos) {
      told_.error(client.excerpt());
    }
    ask(i, app);
  }

  const Setting& s_;
  const PaceSetting& pace_;
  Poller poller_;
  Caller caller_;
  Watchers watchers_;
  std::vector<std::unique_ptr<Client>> renewers_;
  std::vector<Clock::time_point> due_;
  std::deque<uint64_t> free_;
  std::unique_ptr<Client> changer_;
  std::vector<int64_t> latest_;
  std::vector<Changes> news_;        ///< by application
  std::vector<int64_t> asked_with_;  ///< by watcher: the timestamp of its request
  std::vector<char> scratch_ = std::vector<char>(512 * 1024);
  std::string request_;
  Tally renewals_;
  Tally told_;
  uint64_t sent_ = 0;
  uint64_t changes_ = 0;
  uint64_t behind_ = 0;
  double took_ = 0;
};

}  // namespace

nlohmann::json paced(const Setting& s, const PaceSetting& pace) {
  Fleet fleet(s, pace);
  fleet.park();
  const double cpu = s.process.cpu_seconds();
  fleet.run();
  nlohmann::json out = fleet.report();
  if (s.process.known()) {
    out["cores"] = (s.process.cpu_seconds() - cpu) / out["seconds"].get<double>();
    out["resident_mb"] = static_cast<double>(s.process.resident_bytes()) / 1e6;
  }
  return out;
}

}  // namespace discovery::load
