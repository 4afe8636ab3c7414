#include "registry/application.h"

#include <algorithm>

#include "base/check.h"

namespace discovery::registry {

namespace {
constexpr size_t kSlotBytes = 16 + sizeof(uint32_t);  // of the shard's tables of slots
constexpr size_t kRecordOverhead = sizeof(InstancePtr) + sizeof(int64_t) + sizeof(Application::Side) + kSlotBytes +
                                   3 * sizeof(uint32_t) + 16;  // and the allocator's
constexpr size_t kZoneOverhead = 96;                           // of an entry in the table of zones
constexpr uint32_t kBothStatus = 3;

bool before(std::string_view zone_a, std::string_view host_a, std::string_view zone_b, std::string_view host_b) {
  const int zones = zone_a.compare(zone_b);
  return zones != 0 ? zones < 0 : host_a < host_b;
}
}  // namespace

Application::Application(AppKeyView key, uint64_t id, const HashKey& hash_key)
    : env_(key.env), appid_(key.appid), hash_key_(hash_key), id_(id), bytes_(bytes_when_empty(key)) {}

size_t Application::bytes_when_empty(AppKeyView key) {
  return sizeof(Application) + key.env.size() + key.appid.size() + 64;
}

size_t Application::bytes_of_zone(std::string_view name) { return kZoneOverhead + name.size(); }

size_t Application::bytes_of_record(const InstanceText& text) {
  return Instance::bytes_of(text) + kRecordOverhead + bytes_of_zone(text.zone);
}

size_t Application::growth(size_t index, const InstanceText& text) const {
  if (index == kNone) return bytes_of_record(text);
  const size_t needed = Instance::bytes_of(text) + (zone(text.zone) ? 0 : bytes_of_zone(text.zone));
  const size_t held = records_[index]->bytes();
  return needed > held ? needed - held : 0;
}

uint32_t Application::key_hash(std::string_view zone, std::string_view hostname) const {
  // Two keyed hashes rather than one over a joined text: no separator to forge, no copy.
  const uint64_t h = siphash(hash_key_, hostname) * 0x9e3779b97f4a7c15ULL ^ siphash(hash_key_, zone);
  return static_cast<uint32_t>(h ^ (h >> 32));
}

size_t Application::find(std::string_view zone, std::string_view hostname) const {
  const uint32_t hash = key_hash(zone, hostname);
  return index_.find(hash, [&](uint32_t i) {
    const Instance& r = *records_[i];
    return r.key_hash() == hash && r.hostname() == hostname && r.zone() == zone;
  });
}

const Application::ZoneCount* Application::zone(std::string_view name) const {
  const auto it = zones_.find(name);
  return it == zones_.end() ? nullptr : &it->second;
}

void Application::count(const Instance& record, int sign) {
  const auto delta = static_cast<uint32_t>(sign);  // modulo 2^32: adding -1 subtracts
  if (record.numbers.state == RecordState::kHidden) hidden_ += delta;
  if (record.numbers.state != RecordState::kVisible) return;
  auto it = zones_.find(record.zone());
  if (it == zones_.end()) {
    it = zones_.emplace(std::string(record.zone()), ZoneCount{}).first;
    bytes_ += bytes_of_zone(record.zone());
  }
  visible_ += delta;
  it->second.visible += delta;
  if (record.numbers.status == 1) {
    in_service_ += delta;
    it->second.in_service += delta;
  }
  if (it->second.visible > 0) return;
  zones_.erase(it);
  bytes_ -= bytes_of_zone(record.zone());
}

void Application::insert(InstancePtr record, int64_t renew_ns, const Side& side) {
  DISCOVERY_CHECK(records_.size() < TaggedIndex::kMax, "an application holds fewer than 2^31 records");
  bytes_ += record->bytes() + kRecordOverhead;
  index_.append(record->key_hash(), static_cast<uint32_t>(records_.size()), hash_of());
  count(*record, 1);
  records_.push_back(std::move(record));
  leases_.push_back(renew_ns);
  sides_.push_back(side);
  if (records_.back()->numbers.state == RecordState::kVisible) order_insert(static_cast<uint32_t>(records_.size() - 1));
}

void Application::replace(size_t index, InstancePtr record, int64_t renew_ns) {
  InstancePtr& old = records_[index];
  DISCOVERY_CHECK(old->key_hash() == record->key_hash(), "a record is replaced by one of its own key");
  bytes_ += record->bytes();
  bytes_ -= old->bytes();
  const bool was_listed = old->numbers.state == RecordState::kVisible;
  const bool is_listed = record->numbers.state == RecordState::kVisible;
  if (was_listed && !is_listed) order_erase(static_cast<uint32_t>(index));
  count(*record, 1);  // before the old one leaves, so that its zone's entry stays
  count(*old, -1);
  old = std::move(record);
  leases_[index] = renew_ns;
  if (is_listed && !was_listed) order_insert(static_cast<uint32_t>(index));
}

void Application::update(size_t index, FunctionRef<void(InstanceNumbers&)> change) {
  Instance& record = *records_[index];
  InstanceNumbers next = record.numbers;
  change(next);
  if (next.state == record.numbers.state && next.status == record.numbers.status) {  // counted and listed as it was
    record.numbers = next;
    return;
  }
  const bool was_listed = record.numbers.state == RecordState::kVisible;
  const bool is_listed = next.state == RecordState::kVisible;
  count(record, -1);
  record.numbers = next;
  count(record, 1);
  if (was_listed && !is_listed) order_erase(static_cast<uint32_t>(index));
  if (is_listed && !was_listed) order_insert(static_cast<uint32_t>(index));
}

void Application::remove(size_t index) {
  const size_t last = records_.size() - 1;
  if (records_[index]->numbers.state == RecordState::kVisible) order_erase(static_cast<uint32_t>(index));
  if (index != last && !order_.empty() && records_[last]->numbers.state == RecordState::kVisible) {
    *place_in_order(*records_[last]) = static_cast<uint32_t>(index);
  }
  index_.erase(records_[index]->key_hash(), static_cast<uint32_t>(index), hash_of());
  count(*records_[index], -1);
  bytes_ -= records_[index]->bytes() + kRecordOverhead;
  if (index != last) {
    index_.renumber(records_[last]->key_hash(), static_cast<uint32_t>(last), static_cast<uint32_t>(index));
    records_[index] = std::move(records_[last]);
    leases_[index] = leases_[last];
    sides_[index] = sides_[last];
  }
  records_.pop_back();
  leases_.pop_back();
  sides_.pop_back();
}

const std::vector<uint32_t>& Application::order() const {
  if (!order_.empty() || visible_ == 0) return order_;
  order_.reserve(visible_);
  for (uint32_t i = 0; i < records_.size(); ++i) {
    if (records_[i]->numbers.state == RecordState::kVisible) order_.push_back(i);
  }
  std::sort(order_.begin(), order_.end(), [this](uint32_t a, uint32_t b) {
    return before(records_[a]->zone(), records_[a]->hostname(), records_[b]->zone(), records_[b]->hostname());
  });
  return order_;
}

std::vector<uint32_t>::iterator Application::place_in_order(const Instance& record) const {
  return std::partition_point(order_.begin(), order_.end(), [&](uint32_t i) {
    return before(records_[i]->zone(), records_[i]->hostname(), record.zone(), record.hostname());
  });
}

// While order_ is empty nobody has asked for it, or nothing is listed: it is made when somebody does.
void Application::order_insert(uint32_t index) {
  if (!order_.empty()) order_.insert(place_in_order(*records_[index]), index);
}

void Application::order_erase(uint32_t index) {
  if (!order_.empty()) order_.erase(place_in_order(*records_[index]));
}

std::unique_ptr<Listing> Application::copy_listed() const {
  auto copy = std::make_unique<Listing>(key(), latest_ns_, scheduler_);
  size_t bytes = 0;
  for (const uint32_t i : order()) bytes += records_[i]->bytes();
  copy->reserve(order_.size(), bytes);
  for (const uint32_t i : order_) copy->add(*records_[i], leases_[i]);
  return copy;
}

std::unique_ptr<Listing> Application::copy_all() const {
  auto copy = std::make_unique<Listing>(key(), latest_ns_, scheduler_);
  size_t bytes = 0;
  for (const InstancePtr& record : records_) bytes += record->bytes();
  copy->reserve(records_.size(), bytes);
  for (size_t i = 0; i < records_.size(); ++i) copy->add(*records_[i], leases_[i]);
  return copy;
}

void Application::for_each_listed(FunctionRef<void(const InstanceView&)> f) const {
  for (const uint32_t i : order()) f(view_of(i));
}

void Application::for_each_listed_after(std::string_view zone, std::string_view hostname,
                                        FunctionRef<bool(const InstanceView&)> f) const {
  const std::vector<uint32_t>& all = order();
  auto it = std::partition_point(all.begin(), all.end(), [&](uint32_t i) {
    return !before(zone, hostname, records_[i]->zone(), records_[i]->hostname());
  });
  while (it != all.end() && f(view_of(*it))) ++it;
}

void Application::touch(int64_t t_ns) {
  latest_ns_ = changed_ns_ = std::max(t_ns, saturating_add(latest_ns_, 1));
  views_.clear();
}

void Application::set_timestamp(int64_t t_ns) {
  latest_ns_ = changed_ns_ = t_ns;
  views_.clear();
}

void Application::name(int64_t tau, bool changed) {
  latest_ns_ = join_cursor(std::min(tau, kTauMax), fingerprint());
  if (changed) changed_ns_ = latest_ns_;
  views_.clear();
}

const SharedBytes* Application::find_view(const ViewForm& form, int64_t rendered_after_ns) {
  for (View& v : views_) {
    if (v.status_mask != (form.status_mask & kBothStatus) || v.zone != form.zone) continue;
    if (v.rendered_ns < rendered_after_ns) return nullptr;
    views_used_ = true;
    return &v.bytes;
  }
  return nullptr;
}

void Application::keep_view(const ViewForm& form, SharedBytes bytes, int64_t now_ns) {
  const uint32_t mask = form.status_mask & kBothStatus;
  std::erase_if(views_, [&](const View& v) { return v.status_mask == mask && v.zone == form.zone; });
  if (views_.size() == kViewsMax) views_.erase(views_.begin());
  views_.push_back({mask, std::string(form.zone), std::move(bytes), now_ns});
  views_used_ = true;
}

size_t Application::drop_idle_views() {
  size_t bytes = 0;
  if (!views_used_) {
    for (const View& v : views_) bytes += v.bytes->size();
    views_ = {};
  }
  views_used_ = false;
  return bytes;
}

void Application::drop_old_cursors(TimePoint now) {
  if (held_cursors_ && held_cursors_->forget(now)) held_cursors_.reset();
}

}  // namespace discovery::registry
