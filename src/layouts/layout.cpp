#include "layouts/layout.h"

namespace discovery::layouts {

std::string_view layout_name(Layout layout) {
  switch (layout) {
    case Layout::kNone:
      return "none";
    case Layout::kGoMicro:
      return "go-micro";
    case Layout::kKratos:
      return "kratos";
    case Layout::kRpcx:
      return "rpcx";
    case Layout::kNmid:
      return "nmid";
    case Layout::kNaming:
      return "naming";
    case Layout::kGoZero:
      return "go-zero";
    case Layout::kBare:
      return "bare";
  }
  return "none";
}

std::optional<Layout> layout_of_name(std::string_view name) {
  for (const Layout layout : kAllLayouts) {
    if (layout_name(layout) == name) return layout;
  }
  return std::nullopt;
}

}  // namespace discovery::layouts
