#include "layouts/nmid.h"

#include <map>
#include <set>

#include "layouts/address.h"
#include "layouts/instances_of.h"

namespace discovery::layouts {

using codec::JsonKind;
using codec::JsonReader;
using codec::JsonToken;

namespace {

MappedInstance instance_of(const std::string& function, std::string_view worker, const std::string& addr) {
  MappedInstance instance;
  instance.appid = function;
  instance.hostname = std::string(worker).append("@").append(addr);
  instance.addrs.push_back(with_scheme("tcp", addr));
  instance.permanent = true;
  return instance;
}

}  // namespace

Reading read_nmid(std::string_view worker, std::string_view value) {
  if (worker.empty()) return refuse("the key names no nmid worker");
  std::map<std::string, std::vector<std::string>> functions;
  size_t addresses = 0;
  const bool read = each_member_of(value, [&](JsonReader& reader, const std::string& name, const JsonToken& first) {
    std::vector<std::string>& addrs = functions[name];
    if (functions.size() > kInstancesMax) return false;
    addrs.clear();
    return each_item(reader, first, [&](const JsonToken& item) {
      return ++addresses <= kInstancesMax && item.kind == JsonKind::kString && take_string(item, addrs.emplace_back());
    });
  });
  if (addresses > kInstancesMax || functions.size() > kInstancesMax)
    return refuse("more functions and addresses than one nmid worker may have");
  if (!read) return refuse("the value is not the JSON of an nmid worker");
  Reading reading;
  for (const auto& [function, addrs] : functions) {
    std::set<std::string_view> seen;
    for (const std::string& addr : addrs) {
      if (addr.empty()) return refuse("an address of the nmid worker is empty");
      if (seen.insert(addr).second) reading.instances.push_back(instance_of(function, worker, addr));
    }
  }
  return reading;
}

}  // namespace discovery::layouts
