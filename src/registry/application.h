// One application of one environment: its records, their leases, its timestamp, its rendered views, and who watches it.
//
// Lifecycle: made by the first register or by the first poll that waits for it; destroyed by its shard when it has no
// record, no watcher, and its timestamp need not be remembered. Thread: guarded by the mutex of its shard; Registry is
// the only user that changes one. Layout: records, lease stamps and what else is kept of a record here are dense arrays
// under one index, so that a sweep reads eight bytes per instance; removal moves the last record into the gap.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/shared_text.h"
#include "base/siphash.h"
#include "registry/cursor.h"
#include "registry/digest.h"
#include "registry/held_cursors.h"
#include "registry/instance.h"
#include "registry/listing.h"
#include "registry/tagged_index.h"

namespace discovery::registry {

using discovery::SharedBytes;

/// Which list of an application is rendered.
struct ViewForm {
  uint32_t status_mask = 1;  ///< an instance is listed if status_mask & its status; only bits 0 and 1 count
  std::string_view zone;     ///< "" for all

  [[nodiscard]] bool in_zone(std::string_view name) const { return zone.empty() || zone == name; }
  [[nodiscard]] bool in_mask(uint32_t status) const { return (status & status_mask) != 0; }
};

class Application {
 public:
  struct ZoneCount {
    uint32_t visible = 0;
    uint32_t in_service = 0;  ///< of these, with status 1
  };
  /// What this node keeps of a record besides; a renewal touches it, so it is one small block.
  struct Side {
    int64_t home_ns = 0;       ///< latest renewal accepted by this node, 0: none
    uint32_t slot = 0;         ///< in the table of the shard
    bool lease_known = false;  ///< the lease is of a renewal, not of the record's arrival
    bool announced = false;    ///< stands in the renewals that are to be taken
  };
  static constexpr size_t kNone = TaggedIndex::kNone;
  static constexpr size_t kViewsMax = 8;  ///< forms kept per application; the oldest gives way

  /// What bytes() is of an application without records, and by how much a record raises it at most.
  static size_t bytes_when_empty(AppKeyView key);
  static size_t bytes_of_record(const InstanceText& text);

  Application(AppKeyView key, uint64_t id, const HashKey& hash_key);
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  [[nodiscard]] AppKeyView key() const { return {env_, appid_}; }
  /// Never used twice in a process.
  [[nodiscard]] uint64_t id() const { return id_; }

  // -- records
  [[nodiscard]] size_t record_count() const { return records_.size(); }
  [[nodiscard]] size_t visible_count() const { return visible_; }
  [[nodiscard]] size_t hidden_count() const { return hidden_; }
  /// Index of the record of that key in any state, or kNone. O(1).
  [[nodiscard]] size_t find(std::string_view zone, std::string_view hostname) const;
  [[nodiscard]] const Instance& record(size_t index) const { return *records_[index]; }
  [[nodiscard]] int64_t lease_ns(size_t index) const { return leases_[index]; }
  [[nodiscard]] const Side& side(size_t index) const { return sides_[index]; }
  [[nodiscard]] Side& side(size_t index) { return sides_[index]; }
  [[nodiscard]] InstanceView view_of(size_t index) const { return {key(), records_[index].get(), leases_[index]}; }
  /// Visible records ordered by zone, then hostname.
  void for_each_listed(FunctionRef<void(const InstanceView&)> f) const;
  /// The same, as a copy that may leave the lock.
  [[nodiscard]] std::unique_ptr<Listing> copy_listed() const;
  /// The same from the first record behind (zone, hostname) on, until f returns false.
  void for_each_listed_after(std::string_view zone, std::string_view hostname,
                             FunctionRef<bool(const InstanceView&)> f) const;
  /// A copy of every record, hidden and cancelled ones included, in no order.
  [[nodiscard]] std::unique_ptr<Listing> copy_all() const;
  /// Zones with at least one visible record, by name.
  [[nodiscard]] const std::map<std::string, ZoneCount, std::less<>>& zones() const { return zones_; }
  /// Null when no visible record stands in that zone.
  [[nodiscard]] const ZoneCount* zone(std::string_view name) const;
  [[nodiscard]] uint32_t in_service() const { return in_service_; }
  [[nodiscard]] uint32_t key_hash(std::string_view zone, std::string_view hostname) const;

  /// Adds a record whose key is not there, as the last one; `renew_ns` is its lease.
  void insert(InstancePtr record, int64_t renew_ns, const Side& side);
  /// Replaces the record at `index` by one of the same key; what is beside it stays.
  void replace(size_t index, InstancePtr record, int64_t renew_ns);
  /// Changes state or status in place, keeping the counts right.
  void update(size_t index, FunctionRef<void(InstanceNumbers&)> change);
  void renew(size_t index, int64_t renew_ns) { leases_[index] = renew_ns; }
  /// Forgets the record; the last one takes its index.
  void remove(size_t index);

  // -- timestamp: T of discovery-api.md 5 and of cursor.h. Setting it forgets the rendered views.
  [[nodiscard]] int64_t latest_timestamp_ns() const { return latest_ns_; }
  /// T as the last change of the list left it.
  [[nodiscard]] int64_t changed_ns() const { return changed_ns_; }
  /// T = max(t, T + 1). On a lone node every visible change ends with it.
  void touch(int64_t t_ns);
  /// T = t, also where that is less: nobody has read it yet.
  void set_timestamp(int64_t t_ns);
  /// T = (tau, fingerprint of the list). On other nodes every visible change ends with it, and with `changed`.
  void name(int64_t tau, bool changed);
  /// Equal on all nodes that list the same.
  [[nodiscard]] int64_t fingerprint() const { return fingerprint_of_sum(visible_sum_ + scheduler_digest_); }
  /// Sum of version_digest() over the visible records, modulo 2^64; the registry keeps it.
  [[nodiscard]] uint64_t visible_sum() const { return visible_sum_; }
  void add_visible(uint64_t more) { visible_sum_ += more; }

  // -- rendered views
  /// Null when that form was not rendered since the last touch (or forget_views).
  [[nodiscard]] const SharedBytes* find_view(const ViewForm& form, int64_t rendered_after_ns);
  void keep_view(const ViewForm& form, SharedBytes bytes, int64_t now_ns);
  /// Forgets them if none was used since the last call. Returns the bytes set free.
  size_t drop_idle_views();

  // -- who waits for a change: one bit per reactor
  [[nodiscard]] uint64_t watchers() const { return watchers_; }
  void watch(uint64_t reactor_bit) { watchers_ |= reactor_bit; }
  void unwatch(uint64_t reactor_bit) {
    watchers_ &= ~reactor_bit;
    if (watchers_ == 0) cursor_max_ns_ = 0;
  }
  /// The largest plausible cursor anybody came with, since somebody waits.
  [[nodiscard]] int64_t cursor_max_ns() const { return cursor_max_ns_; }
  void raise_cursor_max(int64_t cursor_ns) { cursor_max_ns_ = std::max(cursor_max_ns_, cursor_ns); }
  [[nodiscard]] HeldCursors& held_cursors() {
    if (!held_cursors_) held_cursors_ = std::make_unique<HeldCursors>();
    return *held_cursors_;
  }
  /// Also between two polls of one client nobody waits: what is held goes by age alone.
  void drop_old_cursors(TimePoint now);

  [[nodiscard]] const SharedBytes& scheduler() const { return scheduler_; }
  /// `digest` enters the fingerprint; 0 of none.
  void set_scheduler(SharedBytes json, uint64_t digest) {
    scheduler_ = std::move(json);
    scheduler_digest_ = digest;
  }

  /// Index in the list of its shard, which alone reads and writes it.
  size_t place_in_shard = 0;

  /// Estimate of the memory held, rendered views not counted; kept up to date in O(1).
  [[nodiscard]] size_t bytes() const { return bytes_; }
  /// By how much bytes() rises when the record at `index` (kNone: a new one) becomes this text and visible; 0: it does
  /// not.
  [[nodiscard]] size_t growth(size_t index, const InstanceText& text) const;

 private:
  struct View {
    uint32_t status_mask;
    std::string zone;
    SharedBytes bytes;
    int64_t rendered_ns;
  };
  [[nodiscard]] const std::vector<uint32_t>& order() const;
  /// Where the key stands, or would stand, in order_.
  [[nodiscard]] std::vector<uint32_t>::iterator place_in_order(const Instance& record) const;
  /// order_ follows a record that becomes visible, or is not any more; before that it must be right, or empty.
  void order_insert(uint32_t index);
  void order_erase(uint32_t index);
  void count(const Instance& record, int sign);
  [[nodiscard]] static size_t bytes_of_zone(std::string_view name);
  /// For index_, of those that stand in records_.
  [[nodiscard]] auto hash_of() const {
    return [this](uint32_t index) { return records_[index]->key_hash(); };
  }

  // What a renewal reads stands together.
  std::string env_;
  std::string appid_;
  HashKey hash_key_;
  TaggedIndex index_;
  std::vector<InstancePtr> records_;
  std::vector<int64_t> leases_;
  std::vector<Side> sides_;
  uint64_t id_;
  int64_t latest_ns_ = 0;
  int64_t changed_ns_ = 0;
  int64_t cursor_max_ns_ = 0;
  uint64_t visible_sum_ = 0;
  uint64_t scheduler_digest_ = 0;
  uint64_t watchers_ = 0;
  size_t bytes_;
  uint32_t visible_ = 0;
  uint32_t in_service_ = 0;
  uint32_t hidden_ = 0;
  bool views_used_ = false;
  std::map<std::string, ZoneCount, std::less<>> zones_;
  /// Visible records by (zone, hostname). Empty until somebody asks; then it is kept right.
  mutable std::vector<uint32_t> order_;
  std::vector<View> views_;
  std::unique_ptr<HeldCursors> held_cursors_;  ///< null: none ever was
  SharedBytes scheduler_;
};

}  // namespace discovery::registry
