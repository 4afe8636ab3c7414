// watch: each change of an application's list as it is told, by the library's own long polls.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "ctl/list_changes.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"
#include "discovery/client.h"

namespace discovery::ctl {

namespace {

using client::InstanceList;

struct Options {
  std::string appid;
  std::string env;
  std::string zone;
  uint64_t count = 0;
};

/// Lists on their way from the client's thread to ours.
class Arrivals {
 public:
  void push(const InstanceList& list) {
    const std::lock_guard lock(mutex_);
    lists_.push_back(list);
    arrived_.notify_one();
  }
  void failed(const std::string& message) {
    const std::lock_guard lock(mutex_);
    last_error_ = message;
  }
  [[nodiscard]] std::string last_error() {
    const std::lock_guard lock(mutex_);
    return last_error_;
  }
  /// None when none came in that time.
  std::optional<InstanceList> pop(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, patience, [this] { return !lists_.empty(); });
    return take();
  }
  InstanceList pop() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !lists_.empty(); });
    return *take();
  }

 private:
  std::optional<InstanceList> take() {
    if (lists_.empty()) return std::nullopt;
    InstanceList list = std::move(lists_.front());
    lists_.pop_front();
    return list;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<InstanceList> lists_;  // guarded by mutex_, as the next
  std::string last_error_;
};

client::Options client_options(const Options& options, const Context& context, Arrivals& arrivals) {
  client::Options o;
  o.nodes = context.settings().call.nodes;
  o.env = options.env;
  o.token = context.settings().call.token;
  o.connect_timeout = context.settings().call.connect_timeout;
  o.shuffle_nodes = false;   // those that are named are asked in their order
  o.discover_nodes = false;  // and no other
  o.on_error = [&arrivals](const client::Error& e) { arrivals.failed(e.message); };
  return o;
}

void show_changes(const Context& context, const InstanceList& before, const InstanceList& now,
                  uint64_t& shown_changes) {
  const std::string at = utc(to_wire_ns(context.now()));
  for (const ListChange& change : changes_between(before, now)) {
    ++shown_changes;
    if (context.json()) {
      Json json = change_json(change);
      json["at"] = to_wire_ns(context.now());
      context.show(json);
    } else {
      context.line(at + " " + change_text(change));
    }
  }
  if (!context.json() && now.instances.empty()) {
    context.line(at + (now.known ? " the list is empty" : " the registry knows no such application"));
  }
}

Outcome<Exit> run(const Options& options, Context& context) {
  Arrivals arrivals;
  client::Client client(client_options(options, context, arrivals));
  const client::Watch watch = client.watch(options.appid, [&](const InstanceList& list) {
    if (options.zone.empty()) return arrivals.push(list);
    InstanceList here = list;
    here.instances = list.in_zone(options.zone);
    arrivals.push(here);
  });
  if (!watch) return misused(shown(watch.error().message));
  const auto first = arrivals.pop(context.settings().call.timeout);
  if (!first) return unanswered("no node answered: " + shown(arrivals.last_error()));
  InstanceList before;
  InstanceList now = *first;
  uint64_t changes = 0;
  while (true) {
    show_changes(context, before, now, changes);
    if (!context.screen().flush()) return refused("standard output is gone");
    if (options.count > 0 && changes >= options.count) return Exit::kDone;
    before = std::move(now);
    now = arrivals.pop();
  }
}

}  // namespace

void add_watch(Verbs& verbs) {
  verbs.add<Options>(
      {"watch", "Each change of an application's list, as clients are told, until it is interrupted",
       "  discoveryctl watch shop.cart                 + added, - removed, ~ changed; first what is there\n"
       "  discoveryctl watch shop.cart -o json         one JSON document a change\n"
       "  discoveryctl watch shop.cart --count 10      ends after ten\n"},
      [](CLI::App& verb, Options& o) {
        add_app_name(verb, o.appid);
        add_env(verb, o.env);
        verb.add_option("--zone", o.zone, "Of this zone only")->type_name("NAME");
        verb.add_option("--count", o.count, "End after so many changes, those at the beginning included")
            ->type_name("CHANGES")
            ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}));
      },
      run);
}

}  // namespace discovery::ctl
