// Instances that came by another protocol, as keys that clients of etcd can read: the virtual keys.
//
// Which: go-micro and kratos as settings switch them on, naming for the targets listed. Never below `nmid/`, where one
// value holds a whole worker. An instance whose status is not 1 is in none, since these layouts have no status; nor is
// one whose names do not come back from the key: a hostname with a slash, an appid with one in go-micro (which writes
// it as a dash), and `.` or `..` there (which it resolves).
//
// A key names no env and no zone. The caller shows one env, and decides which of two zones' instances with one hostname
// a key stands for.
//
// go-micro and naming have room for one address: go-micro takes the first of the scheme in metadata `protocol`, naming
// the first of scheme grpc, both else the first that they can read. `protocol` is added to the node's metadata where it
// is missing and the scheme is not tcp. kratos gets every address that its clients can read as a URL; a single one that
// they cannot would make them drop the instance.
// Metadata of naming is the JSON text as one string: gRPC compares it by ==, which panics on an object.
//
// Thread: pure functions. Cost: linear in the instance. Values are the same bytes for the same instance.
// Source: etcd-api.md section 8 ("Towards etcd clients"); go-micro/plugins v4 registry/etcd/etcd.go; go-kratos/kratos
// contrib/registry/etcd/service.go; etcd-io/etcd client/v3/naming/endpoints; grpc-go resolver.Address.Equal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layouts/layout.h"
#include "layouts/mapped_instance.h"
#include "layouts/settings.h"

namespace discovery::layouts {

struct VirtualKey {
  Layout layout = Layout::kNone;
  std::string key;
  std::string value;
};

/// At most one per layout. `own`: the layout of the key by which the instance came, in which it is not shown again;
/// kNone: it came by no key.
[[nodiscard]] std::vector<VirtualKey> keys_of(const MappedInstance& instance, Layout own, const Settings& settings);

/// Whom a virtual key is of. Views into the key.
struct KeyOwner {
  Layout layout = Layout::kNone;
  std::string_view appid;
  std::string_view hostname;
};

/// Says nothing about whether that instance is there. Of every key that keys_of() makes this gives its instance back,
/// and no two layouts make one key.
[[nodiscard]] std::optional<KeyOwner> virtual_key_owner(std::string_view key, const Settings& settings);

/// For the deletion of a key of which it is not known here what stood there: what its clients need to be told. Of
/// go-micro's keys a value of that service, of others "".
[[nodiscard]] std::string gone_value(std::string_view key);

}  // namespace discovery::layouts
