#include "protocol/discovery/record_check.h"

#include "codec/json_reader.h"
#include "codec/text.h"

namespace discovery::protocol {

namespace {

using codec::JsonKind;

/// One flat container whose values are all strings, and nothing behind it.
bool is_flat(std::string_view json, bool object) {
  codec::JsonReader reader(json);
  if (reader.next().kind != (object ? JsonKind::kObjectBegin : JsonKind::kArrayBegin)) return false;
  for (;;) {
    const JsonKind kind = reader.next().kind;
    if (kind == (object ? JsonKind::kObjectEnd : JsonKind::kArrayEnd)) return reader.next().kind == JsonKind::kEnd;
    if (kind != JsonKind::kString && !(object && kind == JsonKind::kName)) return false;
  }
}

}  // namespace

bool is_presentable(const registry::Record& r) {
  for (const std::string_view text : {r.app.env, r.app.appid, r.text.zone, r.text.hostname, r.text.region,
                                      r.text.version, r.text.addrs_json, r.text.metadata_json}) {
    if (!codec::is_utf8(text)) return false;
  }
  if (r.tombstone()) return true;
  return (r.status == 1 || r.status == 2) && is_flat(r.text.addrs_json, false) && is_flat(r.text.metadata_json, true);
}

}  // namespace discovery::protocol
