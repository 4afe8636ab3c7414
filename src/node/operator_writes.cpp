#include "node/operator_writes.h"

namespace discovery::node {

namespace {
Error starting() { return {ErrorCode::kUnavailable, "this node does not accept writes yet; ask another one"}; }
}  // namespace

Result<void> OperatorWrites::set_status(const registry::InstanceKeyView& key, uint32_t status, std::string_view by,
                                        TimePoint now) {
  if (!cluster_.accepts_writes()) return starting();
  const registry::SetItem item{key.hostname, status, false};
  const auto keep = [](size_t /*i*/, std::string_view stored) -> Result<std::string> { return std::string(stored); };
  const auto wake = registry_.set({key.app, key.zone, {&item, 1}, 0, false, keep, by}, now);
  if (!wake) return wake.error();
  wakes_.changed(*wake, now);
  if (posts_.wanted()) {
    const protocol::SetOfHost host{key.hostname, status, std::nullopt};
    posts_.set(key.app, key.zone, "", {&host, 1}, cluster::PostReach::kEverywhere);
  }
  log("set", key, by);
  return {};
}

Result<void> OperatorWrites::cancel(const registry::InstanceKeyView& key, std::string_view by, TimePoint now) {
  if (!cluster_.accepts_writes()) return starting();
  registry::CancelArgs args;
  args.key = key;
  args.by = by;
  const auto done = registry_.cancel(args, now);
  if (!done) return done.error();
  wakes_.changed(done->wake, now);
  if (posts_.wanted()) posts_.cancelled(key, done->dirty_ns, now, cluster::PostReach::kEverywhere);
  log("cancelled", key, by);
  return {};
}

void OperatorWrites::log(std::string_view event, const registry::InstanceKeyView& key, std::string_view by) {
  logger_.log(observe::LogLevel::kInfo, event,
              {{"appid", key.app.appid},
               {"env", key.app.env},
               {"zone", key.zone},
               {"host", key.hostname},
               {"client", by},
               {"cause", "operator"}});
}

}  // namespace discovery::node
