#include "explain/explain.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "keyspace/record_names.h"

namespace discovery::explain {

using history::Event;
using history::EventKind;
using registry::Application;
using registry::Instance;
using registry::RecordState;

namespace {

constexpr std::array<std::string_view, kCauses> kCauseNames = {
    "visible",   "node_not_ready", "unknown_application", "unknown_instance", "forgotten",
    "cancelled", "expired",        "other_zone",          "other_status"};

/// "75.0 s", "2 h 5 min".
std::string for_how_long(Duration d) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  if (s >= 3600) return std::to_string(s / 3600) + " h " + std::to_string(s / 60 % 60) + " min";
  if (s >= 120) return std::to_string(s / 60) + " min " + std::to_string(s % 60) + " s";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(d).count());
  return text;
}

/// What of a record matters here, copied out of the lock.
struct Seen {
  std::string zone;
  registry::InstanceNumbers numbers;
  int64_t lease_ns = 0;
  int64_t home_ns = 0;
  bool lease_known = false;
  std::optional<Origin> origin;
};

std::optional<Origin> origin_of(const Instance& record) {
  const auto from = keyspace::key_origin_of(record);
  if (!from) return std::nullopt;
  return Origin{std::string(from->layout), std::string(from->key), static_cast<uint64_t>(from->lease_id), from->lease};
}

/// "15 s"
std::string length_text(Duration lease) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(lease).count()) + " s";
}

struct Found {
  bool application = false;      ///< there is a record of it, in any state
  std::optional<Seen> instance;  ///< the visible one of that host, else any
};

Found find(const registry::Registry& registry, const Question& q) {
  Found found;
  registry.with_records(q.app, [&](const Application* app) {
    if (!app) return;
    found.application = app->record_count() > 0;
    const auto take = [&](size_t i) {
      const Instance& r = app->record(i);
      const Application::Side& side = app->side(i);
      found.instance =
          Seen{std::string(r.zone()), r.numbers, app->lease_ns(i), side.home_ns, side.lease_known, origin_of(r)};
    };
    if (!q.zone.empty()) {
      const size_t i = app->find(q.zone, q.hostname);
      if (i != Application::kNone) take(i);
      return;
    }
    // Which zone is meant was not said: one that the client would see, else a visible one, else any.
    const auto rank = [&](const Instance& r) {
      if (r.numbers.state != RecordState::kVisible) return 0;
      if (!q.form().in_zone(r.zone())) return 1;
      return q.form().in_mask(r.numbers.status) ? 3 : 2;
    };
    int best = -1;
    for (size_t i = 0; i < app->record_count(); ++i) {
      const Instance& r = app->record(i);
      if (r.hostname() != q.hostname || rank(r) <= best) continue;
      best = rank(r);
      take(i);
    }
  });
  return found;
}

class Explainer {
 public:
  Explainer(const history::History& history, const NodeFacts& facts, const Question& q, TimePoint now)
      : history_(history), facts_(facts), q_(q), now_(now) {}

  Answer answer(const Found& found) {
    const bool serves = facts_.refuses_reads.empty();
    say("node", serves, serves ? "answers reads" : facts_.refuses_reads, Cause::kNodeNotReady);
    known(found);
    if (found.instance) {
      answer_.zone = found.instance->zone;
      answer_.origin = found.instance->origin;
      if (answer_.origin) origin(*answer_.origin);
      state(*found.instance);
      const RecordState is = found.instance->numbers.state;
      if (is != RecordState::kTombstone) {
        found.instance->origin ? lease_of_key(*found.instance, *found.instance->origin) : lease(*found.instance);
      }
      if (is == RecordState::kVisible) filters(*found.instance);
    }
    answer_.visible = answer_.cause == Cause::kVisible;
    answer_.summary = summary();
    return std::move(answer_);
  }

 private:
  void say(std::string_view about, bool passes, std::string detail, Cause cause) {
    if (!passes && answer_.cause == Cause::kVisible) answer_.cause = cause;
    answer_.verdicts.push_back({about, passes, std::move(detail)});
  }

  [[nodiscard]] std::string ago(TimePoint t) const { return for_how_long(now_ - t) + " ago"; }
  [[nodiscard]] std::string ago(int64_t ns) const { return ago(from_wire_ns(ns)); }

  /// The newest event of that host of one of these kinds; zone "" for any.
  [[nodiscard]] std::optional<Event> last(std::string_view zone, std::initializer_list<EventKind> kinds) const {
    history::Filter filter;
    filter.env = q_.app.env;
    filter.appid = q_.app.appid;
    filter.zone = zone;
    filter.hostname = q_.hostname;
    filter.limit = 32;
    for (const Event& e : history_.find(filter).events) {
      if (std::find(kinds.begin(), kinds.end(), e.kind) != kinds.end()) return e;
    }
    return std::nullopt;
  }

  /// Who gave a version its number.
  [[nodiscard]] std::string node(uint16_t number) const {
    const auto it = facts_.nodes.find(number);
    return it == facts_.nodes.end() ? "node " + std::to_string(number) : it->second;
  }

  [[nodiscard]] static std::string by(const Event& e) { return e.by.empty() ? "this node" : e.by; }

  void known(const Found& found) {
    if (found.instance) {
      const auto& n = found.instance->numbers;
      // Of this registration: an earlier one may have been somebody else's.
      const auto made = last(found.instance->zone, {EventKind::kRegistered});
      const bool told = made && !made->by.empty() && made->after && made->after->reg_ns == n.reg_ns;
      return say("known", true,
                 "registered " + ago(n.reg_ns) + (told ? " by " + made->by : "") + " in zone " + found.instance->zone +
                     ", written at " + node(n.version.set.node != 0 ? n.version.set.node : n.version.incarnation.node),
                 Cause::kVisible);
    }
    if (const auto gone = last(q_.zone, {EventKind::kForgotten})) {
      const auto end =
          last(q_.zone, {EventKind::kCancelled, EventKind::kExpired, EventKind::kExpiredPast, EventKind::kMerged});
      const std::string how =
          end ? ", after it was " + std::string(kind_name(end->kind)) + " " + ago(end->at) + " by " + by(*end) : "";
      return say("known", false, "forgotten " + ago(gone->at) + how, Cause::kForgotten);
    }
    if (!found.application) {
      return say("known", false,
                 "nothing is registered as " + std::string(q_.app.appid) + " in environment " + std::string(q_.app.env),
                 Cause::kUnknownApplication);
    }
    say("known", false,
        "no instance of that host" + (q_.zone.empty() ? "" : " in zone " + std::string(q_.zone)) +
            " is registered, and none was as far as the history reaches",
        Cause::kUnknownInstance);
  }

  void state(const Seen& s) {
    switch (s.numbers.state) {
      case RecordState::kVisible:
        return say("state", true, "listed", Cause::kVisible);
      case RecordState::kHidden: {
        const auto end =
            last(s.zone, {EventKind::kExpired, EventKind::kExpiredPast, EventKind::kHiddenToo, EventKind::kMerged});
        std::string detail = "hidden: its lease ran out";
        if (s.origin) detail = "hidden: the lease of its key ran out";
        if (end && end->kind == EventKind::kHiddenToo) detail = "hidden on the word of " + by(*end);
        if (end && end->kind == EventKind::kMerged) detail = "hidden, as it came from " + by(*end);
        if (end) detail += ", " + ago(end->at);
        detail += s.origin ? "; the next write of its key shows it again" : "; the next register shows it again";
        return say("state", false, detail, Cause::kExpired);
      }
      case RecordState::kTombstone: {
        const auto end = last(s.zone, {EventKind::kCancelled, EventKind::kMerged});
        std::string detail = "cancelled " + ago(s.numbers.version.incarnation.t_ns);
        if (end && end->kind == EventKind::kCancelled) detail += " by " + by(*end);
        if (end && end->kind == EventKind::kMerged) detail += ", told by " + by(*end);
        detail += ", at " + node(s.numbers.version.incarnation.node);
        return say("state", false, detail, Cause::kCancelled);
      }
    }
  }

  void origin(const Origin& from) {
    std::string detail = "registered by key " + from.key + " of etcd (layout " + from.layout + "), ";
    detail += from.lease > Duration::zero() ? "lease of " + length_text(from.lease) : "without a lease";
    say("origin", true, std::move(detail), Cause::kVisible);
  }

  [[nodiscard]] static bool renewed_here(const Seen& s) { return s.home_ns == s.lease_ns && s.home_ns != 0; }
  [[nodiscard]] static std::string where_renewed(const Seen& s) {
    if (renewed_here(s)) return " at this node";
    return s.lease_known || s.home_ns == s.lease_ns ? " at another node" : "; no renewal of it is known";
  }

  // Neither self-protection nor the brake nor the sweep has a say in it: keyspace.h tells who ends it.
  void lease_of_key(const Seen& s, const Origin& from) {
    if (from.lease <= Duration::zero()) {
      return say("lease", true, "none: it stays until its key is deleted", Cause::kVisible);
    }
    const bool over = now_ - from_wire_ns(s.lease_ns) > from.lease;
    say("lease", true,
        (over ? "over: last renewed " : "fresh: last renewed ") + ago(s.lease_ns) + where_renewed(s) + ", good for " +
            length_text(from.lease),
        Cause::kVisible);
    if (!over || s.numbers.state != RecordState::kVisible) return;
    std::string why = "kept for a grace, until the node of the last renewal ends it or is taken for dead";
    if (renewed_here(s)) {
      why = "this node ends it now";
      if (from_wire_ns(s.lease_ns) + from.lease > facts_.covered_until) {
        why = "kept for a grace, because renewals may be at nodes that are not heard" + names_of_silent();
      }
    }
    say("protection", true, why, Cause::kVisible);
  }

  void lease(const Seen& s) {
    const Duration age = now_ - from_wire_ns(s.lease_ns);
    const bool over = age > facts_.expire_after;
    say("lease", true, (over ? "over: last renewed " : "fresh: last renewed ") + ago(s.lease_ns) + where_renewed(s),
        Cause::kVisible);
    if (!over || s.numbers.state != RecordState::kVisible) return;
    std::string why = "the next sweep hides it";
    if (facts_.protecting) {
      why = "held by self-protection: " + std::to_string(facts_.renewals_last_minute) +
            " renewals in the last minute, " + std::to_string(facts_.renewals_needed) + " needed";
    } else if (const auto* braked = held_by_brake()) {
      why = "held by the brake since " + ago(braked->since) + ": " + std::to_string(braked->overdue) + " of " +
            std::to_string(braked->visible) +
            " instances of the application are past their lease; at most for another " +
            for_how_long(braked->until - now_);
    } else if (from_wire_ns(s.lease_ns) + facts_.expire_after > facts_.covered_until) {
      why = "held because renewals may be at nodes that are not heard" + names_of_silent();
    }
    say("protection", true, why, Cause::kVisible);
  }

  /// ": 10.0.0.2:7171, 10.0.0.3:7171"
  [[nodiscard]] std::string names_of_silent() const {
    std::string names;
    for (const std::string& peer : facts_.silent_peers) names += (names.empty() ? ": " : ", ") + peer;
    return names;
  }

  [[nodiscard]] const registry::BrakedApplication* held_by_brake() const {
    const auto it = std::find_if(facts_.braked.begin(), facts_.braked.end(),
                                 [&](const auto& b) { return b.app.appid == q_.app.appid && b.app.env == q_.app.env; });
    return it == facts_.braked.end() ? nullptr : &*it;
  }

  void filters(const Seen& s) {
    say("zone", q_.form().in_zone(s.zone),
        q_.client_zone.empty() ? "the client asks for all zones"
                               : "it is in " + s.zone + ", the client asks for " + std::string(q_.client_zone),
        Cause::kOtherZone);
    const std::string is = s.numbers.status == 1   ? "1 (up)"
                           : s.numbers.status == 2 ? "2 (waiting)"
                                                   : std::to_string(s.numbers.status);
    say("status", q_.form().in_mask(s.numbers.status),
        "it is " + is + ", the client asks for mask " + std::to_string(q_.status_mask), Cause::kOtherStatus);
  }

  [[nodiscard]] std::string summary() const {
    if (answer_.visible) return "visible";
    const auto it =
        std::find_if(answer_.verdicts.begin(), answer_.verdicts.end(), [](const Verdict& v) { return !v.passes; });
    return "not visible: " + it->detail;
  }

  const history::History& history_;
  const NodeFacts& facts_;
  const Question& q_;
  const TimePoint now_;
  Answer answer_;
};

}  // namespace

std::string_view cause_name(Cause cause) { return kCauseNames[static_cast<size_t>(cause)]; }

Answer explain(const registry::Registry& registry, const history::History& history, const NodeFacts& facts,
               const Question& question, TimePoint now) {
  return Explainer(history, facts, question, now).answer(find(registry, question));
}

}  // namespace discovery::explain
