#include "protocol/discovery/fetch_all_source.h"

#include "codec/json_writer.h"
#include "protocol/discovery/app_json.h"

namespace discovery::protocol {

bool FetchAllSource::next(std::string& out) {
  const size_t end = out.size() + kPieceBytes;
  if (!begun_) out += '{';
  begun_ = true;
  while (key_ < keys_.size()) {
    if (!append_application(out, keys_[key_], end)) return true;
    ++key_;
    if (out.size() >= end) return true;
  }
  if (array_open_) out += ']';
  out += '}';
  out += closing_;
  return false;
}

bool FetchAllSource::append_application(std::string& out, const registry::AppKey& key, size_t bytes_max) {
  bool whole = true;
  const auto append_one = [&](const registry::InstanceView& view) {
    if (out.size() >= bytes_max) return whole = false;
    if (!array_open_ || open_appid_ != key.appid) {  // environments of one appid share its array
      if (array_open_) out += "],";
      codec::append_json_string(out, key.appid);
      out += ":[";
      open_appid_ = key.appid;
      array_open_ = array_empty_ = true;
    }
    if (!array_empty_) out += ',';
    array_empty_ = false;
    append_instance(out, view);
    zone_ = view.instance->zone();
    hostname_ = view.instance->hostname();
    return true;
  };
  if (!resumed_) zone_.clear(), hostname_.clear();
  registry_.with_application({key.env, key.appid}, [&](const registry::Application& app) {
    app.for_each_listed_after(zone_, hostname_, append_one);
  });
  resumed_ = !whole;
  return whole;
}

}  // namespace discovery::protocol
