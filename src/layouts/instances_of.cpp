#include "layouts/instances_of.h"

#include <optional>

#include "layouts/address.h"
#include "layouts/go_micro.h"
#include "layouts/kratos.h"
#include "layouts/naming.h"
#include "layouts/nmid.h"
#include "layouts/paths.h"
#include "layouts/plain.h"
#include "layouts/rpcx.h"

namespace discovery::layouts {

namespace {

/// Which layout reads a key, and how it is cut: `rest` of the key is below `front`. Of naming the front is the target;
/// of rpcx the rest is `<service>/<node>`.
struct Choice {
  Layout layout = Layout::kNone;
  std::string_view front{};
  std::string_view rest{};
  std::string_view why{};  ///< of kNone
};

/// Naming that is not of a listed target.
Choice cut_for_naming(std::string_view key) {
  const auto parts = split_last(key);
  return parts ? Choice{Layout::kNaming, parts->before, parts->after} : Choice{Layout::kNaming, "", key};
}

Choice by_rule(std::string_view key, const PrefixRule& rule) {
  switch (rule.layout) {
    case Layout::kNone:
      return {.why = "a configured prefix says that this is a key and a value only"};
    case Layout::kNaming:
      return cut_for_naming(key);
    default:
      return {rule.layout, rule.prefix, below(key, rule.prefix).value_or("")};
  }
}

/// None: nothing configured fits the key. Of two that are equally long the rule counts.
std::optional<Choice> by_configuration(std::string_view key, const Settings& settings) {
  std::optional<Choice> choice;
  size_t longest = 0;
  const auto longer = [&](std::string_view prefix) { return !choice || prefix.size() > longest; };
  for (const PrefixRule& rule : settings.prefixes) {
    if ((key != rule.prefix && !below(key, rule.prefix)) || !longer(rule.prefix)) continue;
    choice = by_rule(key, rule);
    longest = rule.prefix.size();
  }
  if (const auto rest = below(key, settings.kratos_namespace); rest && longer(settings.kratos_namespace)) {
    choice = {Layout::kKratos, settings.kratos_namespace, *rest};
    longest = settings.kratos_namespace.size();
  }
  for (const std::string& target : settings.naming_targets) {
    const auto rest = below(key, target);
    if (!rest || !longer(target)) continue;
    choice = {Layout::kNaming, target, *rest};
    longest = target.size();
  }
  return choice;
}

std::optional<Choice> by_known_prefix(std::string_view key) {
  if (const auto rest = below(key, kNmidPrefix)) return Choice{Layout::kNmid, kNmidPrefix, *rest};
  if (const auto rest = below(key, kGoMicroPrefix)) return Choice{Layout::kGoMicro, kGoMicroPrefix, *rest};
  if (const auto rest = below(key, kKratosNamespace)) return Choice{Layout::kKratos, kKratosNamespace, *rest};
  return std::nullopt;
}

/// The two last segments are the rest.
std::optional<Choice> by_last_segment(std::string_view key) {
  if (!is_rpcx_node(last_segment(key))) return std::nullopt;
  const auto node = split_last(key);
  const auto service = node ? split_last(node->before) : std::nullopt;
  if (!service) return Choice{Layout::kRpcx, "", key};
  return Choice{Layout::kRpcx, service->before, key.substr(service->before.size() + 1)};
}

/// kNone: not a JSON object, or none that a layout knows.
Layout shape_of(std::string_view value) {
  bool addr = false;
  bool nodes = false;
  bool endpoints = false;
  bool id = false;
  const bool read =
      each_member_of(value, [&](codec::JsonReader& reader, const std::string& name, const codec::JsonToken& first) {
        addr |= name == "Addr";
        nodes |= name == "nodes";
        endpoints |= name == "endpoints";
        id |= name == "id";
        return reader.skip(first);
      });
  if (!read) return Layout::kNone;
  if (addr) return Layout::kNaming;
  if (nodes) return Layout::kGoMicro;
  return endpoints && id ? Layout::kKratos : Layout::kNone;
}

Choice by_value(std::string_view key, std::string_view value) {
  const Layout shape = shape_of(value);
  if (shape == Layout::kNaming) return cut_for_naming(key);
  if (shape != Layout::kNone) return {shape, "", key};
  if (is_host_port(value)) {
    return {key.find('/') != std::string_view::npos && is_go_zero_number(last_segment(key)) ? Layout::kGoZero
                                                                                            : Layout::kBare,
            "", key};
  }
  if (is_rpcx_marker(key, value)) return {.why = "a marker of rpcx, which is no instance"};
  return {.why = "no layout fits"};
}

Choice choose(std::string_view key, std::string_view value, const Settings& settings) {
  if (const auto choice = by_configuration(key, settings)) return *choice;
  if (const auto choice = by_known_prefix(key)) return *choice;
  if (const auto choice = by_last_segment(key)) return *choice;
  return by_value(key, value);
}

Reading read_rpcx_below(std::string_view key, std::string_view rest, std::string_view value,
                        const InstanceLimits& limits) {
  if (!is_rpcx_node(last_segment(rest)) && is_rpcx_marker(key, value)) {
    return refuse("a marker of rpcx, which is no instance");
  }
  const auto parts = split_last(rest);
  return read_rpcx(parts ? RpcxPlace{parts->before, parts->after} : RpcxPlace{"", rest}, value, limits);
}

Reading read(const Choice& choice, std::string_view key, std::string_view value, const InstanceLimits& limits) {
  switch (choice.layout) {
    case Layout::kNone:
      break;
    case Layout::kGoMicro:
      return read_go_micro(value, limits);
    case Layout::kKratos:
      return read_kratos(value, limits);
    case Layout::kRpcx:
      return read_rpcx_below(key, choice.rest, value, limits);
    case Layout::kNmid:
      return read_nmid(choice.rest, value);
    case Layout::kNaming:
      return read_naming({choice.front, choice.rest}, value, limits);
    case Layout::kGoZero:
      return read_go_zero(key, value);
    case Layout::kBare:
      return read_bare(key, value);
  }
  return refuse(choice.why);
}

}  // namespace

Mapping instances_of(std::string_view key, std::string_view value, const Settings& settings) {
  Mapping mapping;
  if (value.size() > kValueBytesMax) {
    mapping.why = "the value is longer than a layout may be";
    return mapping;
  }
  const Choice choice = choose(key, value, settings);
  mapping.tried = choice.layout;
  Reading reading = read(choice, key, value, settings.limits);
  mapping.why = reading.why;
  for (const MappedInstance& instance : reading.instances) {
    if (!mapping.why.empty()) break;
    mapping.why = why_not_held(instance, settings);
  }
  if (!mapping.why.empty()) return mapping;
  mapping.layout = choice.layout;
  mapping.instances = std::move(reading.instances);
  return mapping;
}

}  // namespace discovery::layouts
