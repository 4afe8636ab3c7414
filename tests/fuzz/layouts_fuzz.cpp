// Keys and values of etcd as clients may send them: up to the first line end the key, then the value.
#include <algorithm>
#include <set>

#include "codec/text.h"
#include "fuzz/fuzz_target.h"
#include "layouts/app_range.h"
#include "layouts/instances_of.h"
#include "layouts/virtual_keys.h"

namespace discovery::fuzz {

namespace {

const layouts::Settings& settings() {
  static const layouts::Settings some = [] {
    layouts::Settings s;
    s.prefixes = {{"svc", layouts::Layout::kBare}, {"/rpcx", layouts::Layout::kRpcx}, {"raw", layouts::Layout::kNone}};
    s.naming_targets = {"shop.cart", "a/b"};
    s.limits = {.name_bytes_max = 40, .addrs_max = 3, .metadata = {.members_max = 4, .text_bytes_max = 60}};
    FUZZ_CHECK(check(s).has_value());
    return s;
  }();
  return some;
}

/// The same with the limits as they come: a shown address may be longer than the one that was picked, and metadata of
/// naming comes back as one member.
const layouts::Settings& wider_settings() {
  static const layouts::Settings wider = [] {
    layouts::Settings s = settings();
    s.limits = {};
    return s;
  }();
  return wider;
}

/// What keys_of() promises of each key.
void check_shown(const layouts::MappedInstance& instance) {
  for (const layouts::VirtualKey& shown : keys_of(instance, layouts::Layout::kNone, settings())) {
    FUZZ_CHECK(codec::is_utf8(shown.value) && !shown.key.starts_with("nmid/"));
    const auto owner = virtual_key_owner(shown.key, settings());
    FUZZ_CHECK(owner && owner->layout == shown.layout);
    FUZZ_CHECK(owner->appid == instance.appid && owner->hostname == instance.hostname);
    const std::string end = shown.key + '0';
    const auto ranges = apps_in({shown.key, end}, settings());
    FUZZ_CHECK(std::ranges::any_of(ranges, [&](const layouts::AppRange& apps) {
      return apps.layout == shown.layout && apps.contains(instance.appid);
    }));
    const layouts::Mapping back = instances_of(shown.key, shown.value, wider_settings());
    FUZZ_CHECK(back.layout == shown.layout && back.instances.size() == 1);
    FUZZ_CHECK(back.instances[0].appid == instance.appid && back.instances[0].hostname == instance.hostname);
  }
}

}  // namespace

void fuzz_etcd_layout(std::string_view input) {
  const size_t line = std::min(input.find('\n'), input.size());
  const std::string_view key = input.substr(0, line);
  const std::string_view value = input.substr(std::min(line + 1, input.size()));
  const layouts::Mapping mapping = instances_of(key, value, settings());
  FUZZ_CHECK((mapping.layout == layouts::Layout::kNone) == !mapping.why.empty());
  FUZZ_CHECK(mapping.instances.size() <= layouts::kInstancesMax);
  std::set<std::pair<std::string, std::string>> names;
  for (const layouts::MappedInstance& instance : mapping.instances) {
    FUZZ_CHECK(names.emplace(instance.appid, instance.hostname).second);
    FUZZ_CHECK(why_not_held(instance, settings()).empty());
    std::string metadata;
    codec::append_metadata(metadata, instance.metadata);
    const std::string addrs = layouts::addrs_json(instance.addrs);
    const auto stored =
        layouts::mapped({instance.appid, instance.hostname, instance.version, addrs, metadata, instance.status});
    FUZZ_CHECK(stored && stored->addrs == instance.addrs && stored->metadata.members == instance.metadata.members);
    check_shown(instance);
  }
  // As borders of a range, and as a key that somebody deletes.
  FUZZ_CHECK(apps_in({std::string(key), std::string(value)}, settings()).size() <=
             2 * settings().limits.name_bytes_max + 4);
  if (const auto owner = virtual_key_owner(key, settings()))
    FUZZ_CHECK(!owner->appid.empty() && !owner->hostname.empty());
}

const RegisteredTarget kEtcdLayout(
    {"etcd_layout",
     fuzz_etcd_layout,
     {"/micro/registry/shop.cart/cart-1\n"
      R"({"name":"shop.cart","version":"1","metadata":{"a":"b"},"nodes":[{"id":"cart-1","address":"10.0.0.1:9000","metadata":{"protocol":"grpc"}}]})",
      "/microservices/shop.cart/cart-1\n"
      R"({"id":"cart-1","name":"shop.cart","metadata":{"w":"1"},"endpoints":["grpc://10.0.0.1:9000?isSecure=false"]})",
      "shop.cart/x\n"
      R"({"Op":0,"Addr":"10.0.0.1:9000","Metadata":{"w":[1,{"a":null}]}})",
      "/rpcx/Arith/tcp@10.0.0.4:8972\nweight=10&group=a%20b&state=inactive", "/rpcx/Arith\nArith",
      "nmid/worker-1\n"
      R"({"ToUpper":["10.0.0.5:6808","[::1]:6808"],"Sum":["10.0.0.5:6808"]})",
      "user.rpc/7587870268310237958\n10.0.0.7:8080", "svc/goods\n10.0.0.8:8080",
      "/micro/registry/a-b/\n/micro/registry/a/"},
     {"/micro/registry/",
      "/microservices/",
      "nmid/",
      "shop.cart/",
      "tcp@",
      "{\"",
      "\":",
      "\"nodes\":[{",
      "\"id\":",
      "\"Addr\":",
      "\"Metadata\":",
      "\"endpoints\":[",
      "\"address\":",
      ":80",
      "[::1]",
      "://",
      "%",
      "&",
      "=",
      "/",
      "\n",
      "null"}});

}  // namespace discovery::fuzz
