// A ClusterHost with a registry of its own and events that are counted, for tests.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "net/steady_clock.h"
#include "node/cluster_host.h"
#include "observe/memory_logger.h"
#include "registry/registry.h"

namespace discovery::node {

class CountedEvents final : public ClusterEvents {
 public:
  void changed(const registry::Wake& /*wake*/, TimePoint /*now*/) override { ++changes; }
  void made_here(registry::RecordRef /*ref*/) override { ++made; }
  void may_write() override { ++writes; }
  void may_read() override { ++reads; }
  void acknowledged(uint64_t /*ticket*/) override { ++acknowledgements; }
  void everywhere(uint64_t /*ticket*/) override { ++everywheres; }

  std::atomic<int> changes{0}, made{0}, writes{0}, reads{0}, acknowledgements{0}, everywheres{0};
};

class HostFixture {
 public:
  static HostSettings settings() {
    HostSettings s;
    s.cluster.zone = "z1";
    s.self_env = "dev";
    return s;
  }
  explicit HostFixture(HostSettings with = settings())
      : registry(registry::RegistrySettings{}), host(std::move(with), registry, events, logger, clock) {
    host.prepare("127.0.0.1:7171");
  }
  ~HostFixture() { host.stop(); }
  HostFixture(const HostFixture&) = delete;
  HostFixture& operator=(const HostFixture&) = delete;

  net::SteadyClock clock;
  observe::MemoryLogger logger;
  registry::Registry registry;
  CountedEvents events;
  ClusterHost host;
};

}  // namespace discovery::node
