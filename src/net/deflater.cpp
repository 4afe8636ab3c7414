#include "net/deflater.h"

#include <utility>

#include "codec/gzip.h"

namespace discovery::net {

void Deflater::want(SharedBytes text) {
  worker_.give([text = std::move(text)] {
    if (text.use_count() > 1) text->keep(codec::deflate_text(text->text()));  // else nobody has it any more
  });
}

}  // namespace discovery::net
