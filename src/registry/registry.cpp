#include "registry/registry.h"

#include <algorithm>

#include "base/check.h"

namespace discovery::registry {

namespace {
constexpr size_t kAppOverhead = 160;  // the entries of an application in the tables of its shard
}  // namespace

size_t Registry::bytes_of_new_app(AppKeyView key) { return Application::bytes_when_empty(key) + kAppOverhead; }

Error Registry::full() { return {ErrorCode::kExhausted, "the registry is full (limits.registry_memory)"}; }

Registry::Registry(const RegistrySettings& settings)
    : settings_(settings),
      memory_bytes_max_(settings.memory_bytes_max),
      covered_until_ns_(to_wire_ns(TimePoint::max())) {
  for (Shard& s : shards_) {
    const MutexLock lock(s.mutex);
    s.apps = AppTable(settings.hash_key);
    s.provisional = ProvisionalTable(0, TextHash{settings.hash_key});
  }
}

Registry::~Registry() = default;

Registry::Shard& Registry::shard_of(std::string_view appid) {
  return shards_[siphash(settings_.hash_key, appid) % kShards];
}
const Registry::Shard& Registry::shard_of(std::string_view appid) const {
  return shards_[siphash(settings_.hash_key, appid) % kShards];
}

Application* Registry::find(const Shard& shard, AppKeyView key) { return shard.apps.find(key); }

Application& Registry::find_or_add(Shard& shard, AppKeyView key) {
  if (Application* known = find(shard, key)) return *known;
  auto made =
      std::make_unique<Application>(key, next_app_id_.fetch_add(1, std::memory_order_relaxed), settings_.hash_key);
  Application& app = *made;
  for (const SchedulerEntry& e : shard.schedulers) {
    if (e.env == key.env && e.appid == key.appid) {
      app.set_scheduler(std::make_shared<const SharedText>(e.json), scheduler_digest(settings_.cluster_key, e.json));
    }
  }
  shard.apps.insert(app);
  if (shard.free_places.empty()) {
    app.place_in_shard = shard.list.size();
    shard.list.push_back(std::move(made));
  } else {
    app.place_in_shard = shard.free_places.back();
    shard.free_places.pop_back();
    shard.list[app.place_in_shard] = std::move(made);
  }
  memory_bytes_.fetch_add(app.bytes() + kAppOverhead, std::memory_order_relaxed);
  return app;
}

void Registry::drop_if_unused(Shard& shard, Application& app, TimePoint now) {
  if (app.record_count() > 0 || app.watchers() != 0) return;
  const int64_t remembered_until = app.latest_timestamp_ns() + settings_.lease.remember_timestamp.count();
  if (app.latest_timestamp_ns() > 0 && to_wire_ns(now) < remembered_until) return;
  memory_bytes_.fetch_sub(app.bytes() + kAppOverhead, std::memory_order_relaxed);
  const size_t place = app.place_in_shard;
  shard.apps.erase(app);
  shard.free_places.push_back(place);
  shard.list[place].reset();
}

bool Registry::has_room(size_t more_bytes) const {
  return memory_bytes() + more_bytes <= memory_bytes_max_.load(std::memory_order_relaxed);
}

// ---------------------------------------------------------------------------------------------------- scheduler

std::vector<Wake> Registry::load_schedulers(std::vector<SchedulerEntry> entries, TimePoint now) {
  std::array<std::vector<SchedulerEntry>, kShards> per_shard;
  for (SchedulerEntry& e : entries) {
    per_shard[siphash(settings_.hash_key, e.appid) % kShards].push_back(std::move(e));
  }
  std::vector<Wake> wakes;
  for (size_t s = 0; s < kShards; ++s) {
    Shard& shard = shards_[s];
    const MutexLock lock(shard.mutex);
    shard.schedulers = std::move(per_shard[s]);
    const auto hash = [this](const AppKeyView& key) { return app_key_hash(settings_.hash_key, key); };
    std::unordered_map<AppKeyView, const SchedulerEntry*, decltype(hash)> wanted(0, hash);
    for (const SchedulerEntry& e : shard.schedulers) wanted[{e.env, e.appid}] = &e;
    for (const auto& app : shard.list) {
      if (!app) continue;
      const auto it = wanted.find(app->key());
      const std::string_view json = it == wanted.end() ? std::string_view() : std::string_view(it->second->json);
      const std::string_view had = app->scheduler() ? std::string_view(app->scheduler()->text()) : std::string_view();
      if (json == had) continue;
      app->set_scheduler(json.empty() ? nullptr : std::make_shared<const SharedText>(std::string(json)),
                         scheduler_digest(settings_.cluster_key, json));
      if (app->visible_count() == 0) continue;
      wakes.push_back(changed_here(shard, *app, versions_.next(now, app->latest_timestamp_ns()), now));
    }
  }
  return wakes;
}

// ---------------------------------------------------------------------------------------------------- reading

AppState Registry::state_of(const Shard& shard, const Application* app, std::string_view zone) {
  AppState s;
  s.named = shard.named;
  if (!app) return s;
  s.changed_ns = app->changed_ns();
  s.latest_timestamp_ns = app->latest_timestamp_ns();
  s.known = app->visible_count() > 0;
  if (zone.empty()) {
    s.zone_known = s.known;
    s.in_service = app->in_service() > 0;
  } else if (const auto* z = app->zone(zone)) {
    s.zone_known = true;
    s.in_service = z->in_service > 0;
  }
  return s;
}

AppState Registry::look(AppKeyView key, std::string_view zone) const {
  const Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  return state_of(shard, find(shard, key), zone);
}

AppView Registry::view(AppKeyView key, const ViewForm& form, TimePoint now, Renderer render) {
  Shard& shard = shard_of(key.appid);
  AppView out;
  std::unique_ptr<Listing> listing;
  uint64_t id = 0;
  {
    const MutexLock lock(shard.mutex);
    Application* app = find(shard, key);
    static_cast<AppState&>(out) = state_of(shard, app, form.zone);
    if (!out.zone_known) return out;
    if (const SharedBytes* kept = app->find_view(form, to_wire_ns(now - settings_.view_max_age))) {
      out.bytes = *kept;
      return out;
    }
    listing = app->copy_listed();
    id = app->id();
  }
  std::string text;
  render(*listing, form, text);
  text.shrink_to_fit();
  out.bytes = std::make_shared<const SharedText>(std::move(text));
  out.rendered = true;
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, key);
  const bool unchanged = app && app->id() == id && app->latest_timestamp_ns() == out.latest_timestamp_ns;
  if (unchanged) app->keep_view(form, out.bytes, to_wire_ns(now));
  return out;
}

std::vector<AppKey> Registry::application_keys() const {
  std::vector<AppKey> keys;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    for (const auto& app : shard.list) {
      if (app && app->visible_count() > 0 && !is_reserved_env(app->key().env))
        keys.push_back({std::string(app->key().appid), std::string(app->key().env)});
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

void Registry::with_application(AppKeyView key, FunctionRef<void(const Application&)> f) const {
  const Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  const Application* app = find(shard, key);
  if (app && app->visible_count() > 0) f(*app);
}

void Registry::with_records(AppKeyView key, FunctionRef<void(const Application*)> f) const {
  const Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  f(find(shard, key));
}

void Registry::for_each_application(FunctionRef<void(const Application&)> f) const {
  for_each_stored([&](const Application& app) {
    if (app.visible_count() > 0) f(app);
  });
}

void Registry::for_each_stored(FunctionRef<void(const Application&)> f) const {
  constexpr size_t kAppsPerLock = 64;  // so that no request waits for the whole walk
  for (const Shard& shard : shards_) {
    for (size_t place = 0, end = 1; place < end;) {
      const MutexLock lock(shard.mutex);
      end = shard.list.size();
      for (const size_t stop = std::min(place + kAppsPerLock, end); place < stop; ++place) {
        const auto& app = shard.list[place];
        if (app && app->record_count() > 0 && !is_reserved_env(app->key().env)) f(*app);
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------- waiting

// NOLINTNEXTLINE(readability-function-size): whom, where, who and since when; to enter and to compare is one step
Result<AppState> Registry::watch(AppKeyView key, std::string_view zone, unsigned reactor, int64_t cursor_ns,
                                 TimePoint now, uint64_t& app_id) {
  Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, key);
  if (!app) {
    if (!has_room(bytes_of_new_app(key))) return full();
    app = &find_or_add(shard, key);
  }
  app->watch(uint64_t{1} << reactor);
  if (is_plausible(cursor_ns, from_wire_ns(versions_.here(now)))) app->raise_cursor_max(cursor_ns);
  app_id = app->id();
  AppState state = state_of(shard, app, zone);
  if (state.zone_known && judge(cursor_ns, state.latest_timestamp_ns, state.named) == CursorVerdict::kHold)
    state.held_since = app->held_cursors().hold(cursor_ns, now);
  return state;
}

void Registry::unwatch(AppKeyView key, unsigned reactor) {
  Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, key);
  if (!app) return;
  app->unwatch(uint64_t{1} << reactor);
  // An application that never was there needs no remembering; the sweep clears the others when their time is over.
  if (app->latest_timestamp_ns() == 0) drop_if_unused(shard, *app, TimePoint{});
}

TimePoint Registry::hold_cursor(AppKeyView key, int64_t cursor_ns, TimePoint now) {
  Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, key);
  return app ? app->held_cursors().hold(cursor_ns, now) : now;
}

void Registry::told_held(AppKeyView key, int64_t cursor_ns) {
  Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  if (Application* app = find(shard, key)) app->held_cursors().told(cursor_ns);
}

AppState Registry::pass_cursor(AppKeyView key, std::string_view zone, int64_t cursor_ns, TimePoint now, Wake& wake) {
  Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, key);
  if (app && is_plausible(cursor_ns, from_wire_ns(versions_.here(now))) &&
      judge(cursor_ns, app->latest_timestamp_ns(), shard.named) == CursorVerdict::kHold) {
    app->name(tau_of(cursor_ns) + 1, false);  // held: so its tau is ours or larger
    wake = {app->id(), app->watchers()};
  }
  return state_of(shard, app, zone);
}

// ---------------------------------------------------------------------------------------------------- numbers

LeaseStatus Registry::lease_status() const {
  LeaseStatus s;
  s.size = size();
  s.expected_per_minute = expected_.load(std::memory_order_relaxed);
  s.renewals_last_minute = last_minute_.load(std::memory_order_relaxed);
  s.needed =
      share_of(expected_between_sweeps(s.expected_per_minute, settings_.lease.sweep_interval), settings_.lease.share);
  const int64_t since = protecting_since_ns_.load(std::memory_order_relaxed);
  s.protecting = since != 0;
  s.protecting_since = from_wire_ns(since);
  s.held = held_.load(std::memory_order_relaxed);
  s.records = records_.load(std::memory_order_relaxed);
  s.tombstones = tombstones_.load(std::memory_order_relaxed);
  s.covered_until = from_wire_ns(covered_until_ns_.load(std::memory_order_relaxed));
  s.braked_applications = braked_.load(std::memory_order_relaxed);
  return s;
}

}  // namespace discovery::registry
