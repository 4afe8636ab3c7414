// Compresses, on a thread of its own, what is too large for a turn of a reactor. Until it has, answers with that text
// go out as they are.
//
// Thread: any. Limits: Worker::kWaitingMax texts wait; what comes beyond is not compressed.
#pragma once

#include "base/shared_text.h"
#include "net/worker.h"

namespace discovery::net {

class Deflater {
 public:
  void want(SharedBytes text);

 private:
  Worker worker_{"deflate"};
};

}  // namespace discovery::net
