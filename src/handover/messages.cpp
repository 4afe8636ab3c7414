#include "handover/messages.h"

#include "base/bytes.h"

namespace discovery::handover {
namespace {

constexpr size_t kTextBytesMax = 4096;
constexpr uint64_t kListenersMax = 65536;

Error malformed(std::string_view what) {
  return invalid("malformed message of the other process: " + std::string(what));
}

std::string short_text(ByteReader& in) {
  const std::string_view text = in.text();
  if (text.size() > kTextBytesMax) in.fail();
  return std::string(text);
}

bool is_name(std::string_view name) { return !name.empty() && name.size() <= registry::kNameBytesMax; }

bool has_readable_names(const registry::Record& record) {
  return is_name(record.app.env) && is_name(record.app.appid) && is_name(record.text.zone) &&
         is_name(record.text.hostname) && record.text.extension.size() <= registry::kExtensionBytesMax;
}

}  // namespace

std::string encode(const Begin& begin) {
  std::string out;
  append_varint(out, begin.protocol);
  append_signed(out, begin.clock_wall_ns);
  append_signed(out, begin.clock_steady_ns);
  append_varint(out, begin.names_contents ? 1 : 0);
  append_text(out, begin.data_dir);
  append_varint(out, begin.listeners);
  return out;
}

// What a newer process adds stands behind; a number that differs says that it cannot be understood.
Result<Begin> decode_begin(std::string_view bytes) {
  ByteReader in(bytes);
  Begin begin;
  begin.protocol = static_cast<uint32_t>(in.varint_up_to(UINT32_MAX));
  if (in.ok() && begin.protocol != kProtocol) {
    return invalid("the other process hands over by protocol " + std::to_string(begin.protocol) + ", this one by " +
                   std::to_string(kProtocol));
  }
  begin.clock_wall_ns = in.signed_varint();
  begin.clock_steady_ns = in.signed_varint();
  begin.names_contents = in.varint_up_to(1) == 1;
  begin.data_dir = short_text(in);
  begin.listeners = in.varint_up_to(kListenersMax);
  if (!in.ok()) return malformed("begin");
  return begin;
}

std::string encode(const Opened& opened) {
  std::string out;
  append_varint(out, opened.process_id);
  append_text(out, opened.version);
  append_text(out, opened.commit);
  return out;
}

Result<Opened> decode_opened(std::string_view bytes) {
  ByteReader in(bytes);
  Opened opened;
  opened.process_id = in.varint();
  opened.version = short_text(in);
  opened.commit = short_text(in);
  if (!in.ok()) return malformed("opened");
  return opened;
}

std::string encode(const End& end) {
  std::string out;
  for (const int64_t number :
       {end.counts.expected_per_minute, end.counts.renewals_since_sweep, end.counts.renewals_last_minute,
        end.counts.protecting_since_ns, end.counts.held, end.next_sweep_ns, end.next_recount_ns, end.last_version_ns}) {
    append_signed(out, number);
  }
  append_varint(out, end.records);
  return out;
}

Result<End> decode_end(std::string_view bytes) {
  ByteReader in(bytes);
  End end;
  for (int64_t* const number : {&end.counts.expected_per_minute, &end.counts.renewals_since_sweep,
                                &end.counts.renewals_last_minute, &end.counts.protecting_since_ns, &end.counts.held,
                                &end.next_sweep_ns, &end.next_recount_ns, &end.last_version_ns}) {
    *number = in.signed_varint();
  }
  end.records = in.varint();
  if (!in.ok()) return malformed("end");
  return end;
}

bool append_handed(std::string& out, const registry::StoredRecord& stored) {
  registry::Record record = stored.at(from_wire_ns(stored.lease_ns));
  record.home_age.reset();
  record.hidden_age = {};
  if (!has_readable_names(record)) return false;
  const size_t before = out.size();
  append_signed(out, stored.lease_ns);
  append_signed(out, stored.home_ns);
  append_varint(out, stored.lease_known ? 1 : 0);
  const size_t begin = out.size();
  registry::append_record(out, record);
  if (out.size() - begin <= registry::kRecordBytesMax + 4) return true;  // a length of four bytes is the largest
  out.resize(before);
  return false;
}

Result<void> read_handed(std::string_view bytes, FunctionRef<void(const registry::HandedRecord&)> f) {
  while (!bytes.empty()) {
    ByteReader in(bytes);
    registry::HandedRecord handed;
    handed.lease_ns = in.signed_varint();
    handed.home_ns = in.signed_varint();
    handed.lease_known = in.varint_up_to(1) == 1;
    if (!in.ok()) return malformed("record");
    bytes = in.rest();
    auto record = registry::read_record(bytes);
    if (!record) return record.error();
    handed.record = *record;
    f(handed);
  }
  return {};
}

void append_time(std::string& out, registry::AppKeyView app, int64_t latest_ns) {
  append_text(out, app.env);
  append_text(out, app.appid);
  append_signed(out, latest_ns);
}

Result<void> read_times(std::string_view bytes, FunctionRef<void(registry::AppKeyView app, int64_t latest_ns)> f) {
  ByteReader in(bytes);
  while (in.ok() && !in.at_end()) {
    const std::string_view env = in.text();
    const std::string_view appid = in.text();
    const int64_t latest_ns = in.signed_varint();
    if (!in.ok() || !is_name(env) || !is_name(appid)) return malformed("times");
    f({env, appid}, latest_ns);
  }
  return {};
}

}  // namespace discovery::handover
