// Memory of answers that their clients do not take: of those that wait for one, the connection that has waited longest
// without progress is closed when all hold too much.
//
// A text that several answers share counts once, however many wait with it; so what counts is what closing them would
// free, but for lists that are the newest of their application. Bytes of its own count for each answer.
// Lifecycle: UnsentBytes one per server; UnsentAnswers one per SessionContext, which outlives its sessions.
// Thread: UnsentBytes any; UnsentAnswers one reactor's: it closes connections of its own only. Limits: exceeded by what
// one answer holds, and by what other reactors hold until one of their answers waits. Cost: nothing for an answer that
// is taken at once.
#pragma once

#include <atomic>
#include <cstddef>

#include "base/intrusive_list.h"
#include "net/pending_write.h"

namespace discovery::net {

using UnsentBytes = std::atomic<size_t>;

class Session;

class UnsentAnswers {
 public:
  /// Counted in `bytes` instead of an own number, before the first session.
  void share(UnsentBytes& bytes) { bytes_ = &bytes; }

  /// `rest` of `session` waits for its client, which took some of it now or did not.
  void waits(PendingWrite& rest, Session& session, bool progress);
  /// The one that has made no progress for longest. Precondition: one waits.
  [[nodiscard]] Session& stalest() { return *waiting_.front().waiting_session(); }
  /// For other protocols, which count what they hold in the same number.
  [[nodiscard]] UnsentBytes& counter() { return *bytes_; }
  [[nodiscard]] size_t bytes() const { return bytes_->load(std::memory_order_relaxed); }

 private:
  UnsentBytes own_{0};
  UnsentBytes* bytes_ = &own_;
  IntrusiveList<PendingWrite> waiting_;
};

}  // namespace discovery::net
