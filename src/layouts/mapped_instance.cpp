#include "layouts/mapped_instance.h"

#include <algorithm>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "codec/text.h"
#include "layouts/json_values.h"
#include "layouts/names.h"

namespace discovery::layouts {

using codec::JsonReader;
using codec::JsonToken;

namespace {

bool has_comma(std::string_view text) { return text.find(',') != std::string_view::npos; }

/// Larger than any that a record can have.
constexpr codec::MetadataLimits kNoLimits{static_cast<size_t>(-1), static_cast<size_t>(-1)};

}  // namespace

std::string_view why_not_held(const MappedInstance& i, const Settings& settings) {
  const InstanceLimits& limits = settings.limits;
  if (!is_name(i.appid, limits)) return "the appid is empty, too long, no UTF-8, or has control characters";
  if (has_comma(i.appid)) return "the appid has a comma: no list could name it";
  if (i.appid == settings.self_appid) return "the appid is the one of the registry's own nodes";
  if (!is_name(i.hostname, limits)) return "the hostname is empty, too long, no UTF-8, or has control characters";
  if (i.addrs.empty()) return "no address";
  if (i.addrs.size() > limits.addrs_max) return kTooManyAddrs;
  if (!std::ranges::all_of(i.addrs, [&](const std::string& a) { return is_name(a, limits) && !has_comma(a); })) {
    return "an address is empty, too long, no UTF-8, or has a comma or control characters";
  }
  if (i.version.size() > limits.name_bytes_max || !codec::is_utf8(i.version))
    return "the version is too long, or no UTF-8";
  if (!codec::within_limits(i.metadata, limits.metadata)) return kTooMuchMetadata;
  return "";
}

std::string addrs_json(const std::vector<std::string>& addrs) {
  std::string out = "[";
  for (const std::string& addr : addrs) {
    if (out.size() > 1) out += ',';
    codec::append_json_string(out, addr);
  }
  return out += ']';
}

std::optional<MappedInstance> mapped(const StoredTexts& texts) {
  MappedInstance i;
  JsonReader reader(texts.addrs_json);
  const bool read = each_item(reader, reader.next(), [&](const JsonToken& item) {
    return item.kind == codec::JsonKind::kString && take_string(item, i.addrs.emplace_back());
  });
  if (!read || reader.next().kind != codec::JsonKind::kEnd) return std::nullopt;
  auto metadata = codec::parse_metadata(texts.metadata_json, kNoLimits);
  if (!metadata || metadata->kind != codec::Metadata::Kind::kObject) return std::nullopt;
  i.metadata = std::move(*metadata);
  i.appid = texts.appid;
  i.hostname = texts.hostname;
  i.version = texts.version;
  i.status = texts.status;
  return i;
}

}  // namespace discovery::layouts
