#include "protocol/discovery/legacy_answer.h"

#include <array>
#include <utility>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "codec/text.h"
#include "codec/typed.h"

namespace discovery::protocol {

namespace {

using codec::json_text;
using codec::json_unescaped;
using codec::JsonKind;
using codec::JsonReader;
using codec::JsonToken;

constexpr std::array<std::pair<std::string_view, std::string LegacyInstance::*>, 4> kNames{{
    {"zone", &LegacyInstance::zone},
    {"env", &LegacyInstance::env},
    {"appid", &LegacyInstance::appid},
    {"hostname", &LegacyInstance::hostname},
}};
constexpr std::array<std::pair<std::string_view, std::string LegacyInstance::*>, 2> kTexts{{
    {"region", &LegacyInstance::region},
    {"version", &LegacyInstance::version},
}};
constexpr std::array<std::pair<std::string_view, int64_t LegacyInstance::*>, 5> kTimestamps{{
    {"reg_timestamp", &LegacyInstance::reg_ns},
    {"up_timestamp", &LegacyInstance::up_ns},
    {"renew_timestamp", &LegacyInstance::renew_ns},
    {"dirty_timestamp", &LegacyInstance::dirty_ns},
    {"latest_timestamp", &LegacyInstance::latest_ns},
}};

Error not_an_answer() { return invalid("not an answer of a discovery node"); }

/// One instance out of JSON. Every read_ function reads exactly one value, whatever it is, and returns false only where
/// the JSON itself is broken; a value of the wrong kind makes the instance unusable.
class InstanceReader {
 public:
  InstanceReader(JsonReader& reader, const LegacyLimits& limits) : reader_(reader), limits_(limits) {}

  /// `first` is the first token of the value.
  [[nodiscard]] bool read(const JsonToken& first) {
    instance_ = {};
    metadata_ = {};
    usable_ = first.kind == JsonKind::kObjectBegin;
    if (!usable_) return reader_.skip(first);
    for (JsonToken name = reader_.next(); name.kind != JsonKind::kObjectEnd; name = reader_.next()) {
      if (name.kind != JsonKind::kName || !read_member(name.text, reader_.next())) return false;
    }
    return true;
  }
  /// After read() was true; can be called once. Nothing when it is not an instance one could register here.
  [[nodiscard]] std::optional<LegacyInstance> take() {
    if (!usable_ || !names_hold() || !is_status() || !codec::within_limits(metadata_, limits_.metadata)) return {};
    instance_.addrs_json = "[";
    for (const std::string& addr : instance_.addrs) {
      if (instance_.addrs_json.size() > 1) instance_.addrs_json += ',';
      codec::append_json_string(instance_.addrs_json, addr);
    }
    instance_.addrs_json += ']';
    codec::append_metadata(instance_.metadata_json, metadata_);
    return std::move(instance_);
  }

 private:
  bool read_member(std::string_view name, const JsonToken& value) {
    if (name == "addrs") return read_addrs(value);
    if (name == "metadata") return read_metadata(value);
    if (name == "status") {
      usable_ = usable_ && read_status(value);
      return reader_.skip(value);
    }
    for (const auto& [known, member] : kNames) {
      if (name == known) return read_text(value, instance_.*member, json_unescaped);
    }
    for (const auto& [known, member] : kTexts) {
      if (name == known) return read_text(value, instance_.*member, json_text);
    }
    for (const auto& [known, member] : kTimestamps) {
      if (name == known) return read_timestamp(value, instance_.*member);
    }
    return reader_.skip(value);
  }

  bool read_text(const JsonToken& value, std::string& to, std::string (*decode)(std::string_view)) {
    if (value.kind == JsonKind::kString) {
      to = decode(value.text);
    } else {
      usable_ = usable_ && value.kind == JsonKind::kNull;
    }
    return reader_.skip(value);
  }

  bool read_timestamp(const JsonToken& value, int64_t& to) {
    const auto number = codec::parse_i64(value.kind == JsonKind::kNumber ? value.text : "-");
    if (number) {
      to = *number;
    } else {
      usable_ = usable_ && value.kind == JsonKind::kNull;
    }
    return reader_.skip(value);
  }

  bool read_status(const JsonToken& value) {
    const auto number = codec::parse_u32(value.kind == JsonKind::kNumber ? value.text : "-");
    instance_.status = number ? *number : 0;
    return number.has_value();
  }

  bool read_addrs(const JsonToken& first) {
    instance_.addrs.clear();
    if (first.kind != JsonKind::kArrayBegin) {
      usable_ = usable_ && first.kind == JsonKind::kNull;
      return reader_.skip(first);
    }
    for (JsonToken item = reader_.next(); item.kind != JsonKind::kArrayEnd; item = reader_.next()) {
      if (item.kind == JsonKind::kString && usable_) {
        codec::split_commas(json_text(item.text), [this](std::string_view addr) { add_addr(addr); });
      } else {
        usable_ = false;
      }
      if (!reader_.skip(item)) return false;
    }
    return true;
  }

  void add_addr(std::string_view addr) {
    if (instance_.addrs.size() == limits_.addrs_max) {
      usable_ = false;
    } else {
      instance_.addrs.emplace_back(addr);
    }
  }

  bool read_metadata(const JsonToken& first) {
    metadata_ = {};
    if (first.kind != JsonKind::kObjectBegin) {
      usable_ = usable_ && first.kind == JsonKind::kNull;
      return reader_.skip(first);
    }
    codec::Metadata sent;
    for (JsonToken name = reader_.next(); name.kind != JsonKind::kObjectEnd; name = reader_.next()) {
      if (name.kind != JsonKind::kName) return false;
      const JsonToken value = reader_.next();
      usable_ = usable_ && sent.members.size() < limits_.metadata.members_max;
      if (usable_) sent.members.emplace_back(json_text(name.text), metadata_value(value));
      if (!reader_.skip(value)) return false;
    }
    codec::merge_metadata(metadata_, sent);  // sorts, and of members with one name keeps the last
    return true;
  }

  /// As register takes it: a string is its text, another scalar its characters, null and nested values are "".
  static std::string metadata_value(const JsonToken& value) {
    switch (value.kind) {
      case JsonKind::kString:
        return json_text(value.text);
      case JsonKind::kNumber:
      case JsonKind::kTrue:
      case JsonKind::kFalse:
        return std::string(value.text);
      default:
        return {};
    }
  }

  [[nodiscard]] bool names_hold() const {
    for (const auto& [name, member] : kNames) {
      const std::string& text = instance_.*member;
      if (text.empty() || text.size() > limits_.name_bytes_max || !codec::is_utf8(text)) return false;
    }
    return instance_.appid.find(',') == std::string::npos;  // no list could name it
  }
  [[nodiscard]] bool is_status() const { return instance_.status == 1 || instance_.status == 2; }

  JsonReader& reader_;
  const LegacyLimits& limits_;
  LegacyInstance instance_;
  codec::Metadata metadata_;
  bool usable_ = false;
};

Result<int> read_code(const JsonToken& value) {
  if (value.kind != JsonKind::kNumber) return not_an_answer();
  const auto code = codec::parse_i64(value.text);
  if (!code || !std::in_range<int>(*code)) return not_an_answer();
  return static_cast<int>(*code);
}

/// Reads the envelope of an answer; `read_data(first token)` reads the value of `data`. Returns the code.
template <class ReadData>
Result<int> read_envelope(JsonReader& reader, ReadData read_data) {
  if (reader.next().kind != JsonKind::kObjectBegin) return not_an_answer();
  Result<int> code = not_an_answer();
  for (JsonToken name = reader.next(); name.kind != JsonKind::kObjectEnd; name = reader.next()) {
    if (name.kind != JsonKind::kName) return not_an_answer();
    const JsonToken value = reader.next();
    if (name.text == "data") {
      if (const Result<void> read = read_data(value); !read) return read.error();
      continue;
    }
    if (name.text == "code") code = read_code(value);
    if (!reader.skip(value)) return not_an_answer();
  }
  if (reader.next().kind != JsonKind::kEnd) return not_an_answer();
  return code;
}

/// Reads `data` of fetch/all into a list.
class ListReader {
 public:
  ListReader(JsonReader& reader, const LegacyLimits& limits, LegacyList& list)
      : reader_(reader), instance_(reader, limits), list_(list) {}

  Result<void> read(const JsonToken& first) {
    list_ = {};
    if (first.kind == JsonKind::kNull) return {};
    if (first.kind != JsonKind::kObjectBegin) return not_an_answer();
    for (JsonToken name = reader_.next(); name.kind != JsonKind::kObjectEnd; name = reader_.next()) {
      if (name.kind != JsonKind::kName) return not_an_answer();
      if (Result<void> read = read_application(reader_.next()); !read) return read;
    }
    return {};
  }

 private:
  Result<void> read_application(const JsonToken& first) {
    if (first.kind == JsonKind::kNull) return {};
    if (first.kind != JsonKind::kArrayBegin) return not_an_answer();
    for (JsonToken item = reader_.next(); item.kind != JsonKind::kArrayEnd; item = reader_.next()) {
      if (list_.instances.size() + list_.refused == kLegacyInstancesMax) {
        return Error{ErrorCode::kLimitExceeded, "the peer lists more instances than are read of one answer"};
      }
      if (!instance_.read(item)) return not_an_answer();
      if (auto instance = instance_.take()) {
        list_.instances.push_back(std::move(*instance));
      } else {
        ++list_.refused;
      }
    }
    return {};
  }

  JsonReader& reader_;
  InstanceReader instance_;
  LegacyList& list_;
};

}  // namespace

Result<LegacyAnswer> parse_legacy_answer(std::string_view body, const LegacyLimits& limits) {
  JsonReader reader(body);
  LegacyAnswer answer;
  const Result<int> code = read_envelope(reader, [&](const JsonToken& first) -> Result<void> {
    InstanceReader instance(reader, limits);
    if (!instance.read(first)) return not_an_answer();
    answer.instance = instance.take();
    return {};
  });
  if (!code) return code.error();
  answer.code = *code;
  return answer;
}

Result<LegacyList> parse_legacy_fetch_all(std::string_view body, const LegacyLimits& limits) {
  JsonReader reader(body);
  LegacyList list;
  ListReader data(reader, limits, list);
  const Result<int> code = read_envelope(reader, [&](const JsonToken& first) { return data.read(first); });
  if (!code) return code.error();
  list.code = *code;
  return list;
}

}  // namespace discovery::protocol
