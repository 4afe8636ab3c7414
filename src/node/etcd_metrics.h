// What clients of etcd have to tell at a scrape: the key space of every node, and of a node that serves them the calls.
//
// Pure functions. Every family is declared, also where there is no front end: then those of watches and gRPC have no
// series. A call is shown by method and code: OK of each method from the start, others from their first call on.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "grpc/service.h"
#include "grpc/stats.h"
#include "keyspace/keyspace.h"
#include "observe/exposition.h"

namespace discovery::node {

/// Over all reactors.
struct FrontEndNumbers {
  std::span<const grpc::Method> methods;  ///< empty: there is no front end
  grpc::ServerStats grpc;
  uint64_t watches = 0;
  uint64_t events_told = 0;
};

/// "KV/Range" of "/etcdserverpb.KV/Range"; "other" of calls of no method.
[[nodiscard]] std::string_view method_label(std::string_view path);

void collect_keys(const keyspace::Keyspace::Numbers& numbers, observe::FamilySink& sink);
void collect_front_end(const FrontEndNumbers& numbers, observe::FamilySink& sink);

}  // namespace discovery::node
