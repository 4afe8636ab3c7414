// Who asks how much: counts per client address, for the operator who looks for the one that hurts.
//
// Lifecycle: one per reactor. Thread: its reactor's. Limits: kClientsMax addresses; the one that asked least recently
// gives way. Memory: some 200 bytes an address, nothing before the first. Cost: of() compares the address with that of
// the last call, else one look-up.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/function_ref.h"
#include "base/intrusive_list.h"
#include "base/siphash.h"
#include "base/time.h"

namespace discovery::guard {

/// Why an answer was held back.
enum class Rule : uint8_t {
  kSpinningPoll,  ///< the same poll, answered at once, again and again
  kRegisterLoop,  ///< the same register
  kRenewLoop,     ///< a renew or cancel of what is not there; these three are repetitions (shield.h)
  kRate,          ///< more than limits.reads_per_second or writes_per_second (rate_limit.h)
};
inline constexpr std::array<std::string_view, 4> kRuleNames = {"spinning_poll", "register_loop", "renew_loop", "rate"};
[[nodiscard]] constexpr std::string_view rule_name(Rule rule) { return kRuleNames[static_cast<size_t>(rule)]; }

/// Answers of one client that were slowed by one rule.
struct Slowed {
  Rule rule = Rule::kSpinningPoll;
  std::string what;  ///< "/discovery/polls demo.service": the request that began it
  TimePoint since;
  TimePoint last;
  uint64_t answers = 0;
};

struct ClientCounts {
  uint64_t requests = 0;
  uint64_t registers = 0;
  uint64_t registers_unchanged = 0;  ///< of what stood there already with the same content
  uint64_t renews = 0;
  uint64_t renews_not_found = 0;
  uint64_t cancels = 0;
  uint64_t polls = 0;
  uint64_t polls_at_once = 0;  ///< answered without waiting
  std::vector<Slowed> slowed;  ///< at most one per rule, the latest of it
};

class ClientTable {
 public:
  static constexpr size_t kClientsMax = 8192;
  static constexpr Duration kRateWindow = std::chrono::seconds(5);

  explicit ClientTable(const HashKey& key) : clients_(0, Hash{key}) {}

  /// Counts a request of that address; the reference is valid until the next call.
  ClientCounts& of(std::string_view ip, TimePoint now);

  struct Row {
    std::string ip;
    double requests_per_second = 0;  ///< of the last whole window
    ClientCounts counts;
  };
  enum class Which : uint8_t { kAll, kSlowed };
  /// In no order; kSlowed: only those of whom something was slowed ever.
  [[nodiscard]] std::vector<Row> rows(Which which, TimePoint now) const;
  [[nodiscard]] size_t size() const { return clients_.size(); }

 private:
  struct Client : ListNode<> {
    std::string_view ip;  ///< the key's text
    ClientCounts counts;
    TimePoint window_began{};
    uint64_t in_window = 0;
    double rate = 0;
  };
  struct Hash {
    using is_transparent = void;
    HashKey key;
    size_t operator()(std::string_view ip) const { return siphash(key, ip); }
  };

  std::unordered_map<std::string, std::unique_ptr<Client>, Hash, std::equal_to<>> clients_;
  IntrusiveList<Client> by_age_;  ///< who asked least recently first
  Client* latest_ = nullptr;
};

}  // namespace discovery::guard
