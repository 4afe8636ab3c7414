#include "net/unsent_answers.h"

namespace discovery::net {

void UnsentAnswers::waits(PendingWrite& rest, Session& session, bool progress) {
  const bool known = rest.linked();
  if (!known) rest.count_in(*bytes_, session);
  if (known && !progress) return;
  rest.unlink();
  waiting_.push_back(rest);
}

}  // namespace discovery::net
