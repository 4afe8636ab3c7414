// The ways in which clients of etcd write services into keys and values (docs/etcd.md has them as a table).
//
// Thread: values. Source of every layout: etcd-api.md section 8, and the clients named in the header of its reader.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace discovery::layouts {

enum class Layout : uint8_t {
  kNone,     ///< a key and a value, and no instance
  kGoMicro,  ///< `/micro/registry/<service>/<node>`
  kKratos,   ///< `<namespace>/<name>/<id>`
  kRpcx,     ///< `<base>/<service>/<network@host:port>`
  kNmid,     ///< `nmid/<worker>`
  kNaming,   ///< `<target>/<anything>`: etcd's own naming, for gRPC resolvers
  kGoZero,   ///< `<key>/<number>`
  kBare,     ///< `<service>`, its value an address
};
inline constexpr std::array kAllLayouts = {Layout::kNone, Layout::kGoMicro, Layout::kKratos, Layout::kRpcx,
                                           Layout::kNmid, Layout::kNaming,  Layout::kGoZero, Layout::kBare};
/// Those in which instances of other protocols are shown.
inline constexpr std::array kShownLayouts = {Layout::kGoMicro, Layout::kKratos, Layout::kNaming};

/// As it stands in configuration, documents and answers: "go-micro", "kratos", ...; "none".
[[nodiscard]] std::string_view layout_name(Layout layout);
[[nodiscard]] std::optional<Layout> layout_of_name(std::string_view name);

}  // namespace discovery::layouts
