#include "node/self_registration.h"

#include "codec/json_writer.h"

namespace discovery::node {

SelfRegistration::SelfRegistration(const SelfContext& context, SelfIdentity identity, Duration renew_interval)
    : registry_(context.registry),
      posts_(context.registry, context.cluster),
      wakes_(context.wakes),
      logger_(context.logger),
      identity_(std::move(identity)),
      renew_interval_(renew_interval) {
  addrs_json_ = "[";
  codec::append_json_string(addrs_json_, "http://" + identity_.addr);
  addrs_json_ += "]";
}

registry::InstanceKeyView SelfRegistration::key_in(const std::string& env) const {
  return {{env, protocol::kSelfApp}, identity_.zone, identity_.hostname};
}

void SelfRegistration::register_in(const std::string& env, TimePoint now) {
  registry::RegisterArgs args;
  args.key = key_in(env);
  args.region = identity_.region;
  args.addrs_json = addrs_json_;
  args.metadata_json = identity_.metadata_json;
  args.status = 1;
  const auto done = registry_.register_instance(args, now);
  if (!done) {
    logger_.log(observe::LogLevel::kError, "self_registration_failed",
                {{"env", std::string_view(env)}, {"error", std::string_view(done.error().message)}});
    return;
  }
  wakes_.changed(done->wake, now);
  if (posts_.wanted()) posts_.registered(args.key, cluster::PostReach::kEverywhere);
}

void SelfRegistration::register_all(TimePoint now) {
  for (const std::string& env : identity_.envs) register_in(env, now);
  next_renew_ = now + renew_interval_;
}

TimePoint SelfRegistration::tick(TimePoint now) {
  if (now < next_renew_) return next_renew_;
  for (const std::string& env : identity_.envs) {
    int64_t dirty_ns = 0;
    const auto renewed = registry_.renew(
        {.key = key_in(env)}, now, [&](const registry::InstanceView& i) { dirty_ns = i.instance->numbers.dirty_ns; });
    if (!renewed) {
      register_in(env, now);  // somebody cancelled it
    } else if (posts_.wanted()) {
      posts_.renewed({key_in(env), identity_.region}, dirty_ns, cluster::PostReach::kEverywhere);
    }
  }
  next_renew_ = now + renew_interval_;
  return next_renew_;
}

void SelfRegistration::cancel_all(TimePoint now) {
  for (const std::string& env : identity_.envs) {
    const auto done = registry_.cancel({.key = key_in(env)}, now);
    if (!done) continue;
    wakes_.changed(done->wake, now);
    if (posts_.wanted()) posts_.cancelled(key_in(env), done->dirty_ns, now, cluster::PostReach::kEverywhere);
  }
}

}  // namespace discovery::node
