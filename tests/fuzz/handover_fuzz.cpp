// What the process of a node and the next one say to each other.
#include <string>
#include <string_view>

#include "fuzz/fuzz_target.h"
#include "handover/messages.h"
#include "registry/record_codec.h"

namespace discovery::fuzz {
namespace {

std::string records_seed() {
  registry::Record record;
  record.app = {"dev", "shop.cart"};
  record.text = {"z", "h", "region", "1.2", R"(["http://10.0.0.1:80"])", R"({"weight":"10"})", ""};
  record.version = {{1'700'000'000'000'000'001, 7, false, 0}, {}};
  std::string bytes;
  bytes += "\x02\x02";  // lease and renewal, zigzag
  bytes += '\x01';
  registry::append_record(bytes, record);
  return bytes;
}

std::string times_seed() {
  std::string bytes;
  handover::append_time(bytes, {"dev", "shop.cart"}, 1'700'000'000'000'000'001);
  return bytes;
}

/// The first byte says which message; what is read is, written again, read as the same.
void fuzz_handover(std::string_view input) {
  if (input.empty()) return;
  const std::string_view bytes = input.substr(1);
  switch (input.front()) {
    case 'b':
      if (const auto begin = handover::decode_begin(bytes)) {
        const auto again = handover::decode_begin(handover::encode(*begin));
        FUZZ_CHECK(again && again->data_dir == begin->data_dir && again->listeners == begin->listeners);
      }
      break;
    case 'o':
      if (const auto opened = handover::decode_opened(bytes)) {
        const auto again = handover::decode_opened(handover::encode(*opened));
        FUZZ_CHECK(again && again->version == opened->version && again->process_id == opened->process_id);
      }
      break;
    case 'e':
      if (const auto end = handover::decode_end(bytes)) {
        const auto again = handover::decode_end(handover::encode(*end));
        FUZZ_CHECK(again && again->records == end->records && again->last_version_ns == end->last_version_ns);
      }
      break;
    case 'r':
      static_cast<void>(handover::read_handed(bytes, [](const registry::HandedRecord& handed) {
        FUZZ_CHECK(!handed.record.app.appid.empty() && handed.record.app.appid.size() <= registry::kNameBytesMax);
      }));
      break;
    case 't':
      static_cast<void>(handover::read_times(bytes, [](registry::AppKeyView app, int64_t latest_ns) {
        std::string again;
        handover::append_time(again, app, latest_ns);
        FUZZ_CHECK(!again.empty());
      }));
      break;
    default:
      break;
  }
}

const RegisteredTarget kHandover({"handover",
                                  fuzz_handover,
                                  {"b" + handover::encode(handover::Begin{.data_dir = "/var/lib/d", .listeners = 2}),
                                   "o" + handover::encode(handover::Opened{4711, "1.2.3", "0c11ffeeb0b5"}),
                                   "e" + handover::encode(handover::End{}), "r" + records_seed(), "t" + times_seed()},
                                  {"\x80\x80", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}});

}  // namespace
}  // namespace discovery::fuzz
