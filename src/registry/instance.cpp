#include "registry/instance.h"

#include <cstring>
#include <new>

#include "base/check.h"

namespace discovery::registry {

size_t Instance::bytes_of(const InstanceText& text) {
  return sizeof(Instance) + text.zone.size() + text.hostname.size() + text.region.size() + text.version.size() +
         text.addrs_json.size() + text.metadata_json.size() + text.extension.size() + text.origin.size();
}

InstancePtr Instance::make(const InstanceText& text, const InstanceNumbers& numbers, uint32_t key_hash,
                           uint64_t key_digest) {
  void* block = ::operator new(bytes_of(text));
  return InstancePtr(new (block) Instance(text, numbers, key_hash, key_digest));
}

Instance::Instance(const InstanceText& text, const InstanceNumbers& n, uint32_t key_hash, uint64_t key_digest)
    : numbers(n),
      key_digest_(key_digest),
      key_hash_(key_hash),
      version_bytes_(static_cast<uint32_t>(text.version.size())),
      addrs_bytes_(static_cast<uint32_t>(text.addrs_json.size())),
      metadata_bytes_(static_cast<uint32_t>(text.metadata_json.size())),
      region_bytes_(static_cast<uint32_t>(text.region.size())),
      extension_bytes_(static_cast<uint32_t>(text.extension.size())),
      origin_bytes_(static_cast<uint32_t>(text.origin.size())),
      zone_bytes_(static_cast<uint16_t>(text.zone.size())),
      hostname_bytes_(static_cast<uint16_t>(text.hostname.size())) {
  DISCOVERY_CHECK(text.zone.size() <= UINT16_MAX && text.hostname.size() <= UINT16_MAX &&
                      text.region.size() <= UINT32_MAX && text.version.size() <= UINT32_MAX &&
                      text.addrs_json.size() <= UINT32_MAX && text.metadata_json.size() <= UINT32_MAX &&
                      text.extension.size() <= UINT32_MAX && text.origin.size() <= UINT32_MAX,
                  "the protocol bounds every text before it is stored");
  char* at = reinterpret_cast<char*>(this + 1);
  for (std::string_view s : {text.zone, text.hostname, text.region, text.version, text.addrs_json, text.metadata_json,
                             text.extension, text.origin}) {
    if (!s.empty()) std::memcpy(at, s.data(), s.size());
    at += s.size();
  }
}

void InstanceDeleter::operator()(Instance* instance) const {
  instance->~Instance();
  ::operator delete(instance);
}

}  // namespace discovery::registry
