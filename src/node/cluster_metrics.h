// What the cluster and the data folder have to tell at a scrape.
//
// Pure functions. Every family is declared, also where nothing is known: a node alone shows them without a series.
// A series with the label `peer` is there as long as that node is known.
#pragma once

#include <vector>

#include "cluster/cluster.h"
#include "observe/exposition.h"
#include "registry/registry.h"
#include "storage/store.h"

namespace discovery::node {

void collect_links(const std::vector<cluster::LinkStatus>& links, observe::FamilySink& sink);
/// Of the registry: what a cluster brings about in it.
void collect_records(const registry::LeaseStatus& status, TimePoint now, observe::FamilySink& sink);
/// `not_journalled`: changes that found no room on their way to the store.
void collect_store(const storage::StoreStats& stats, uint64_t not_journalled, TimePoint now, observe::FamilySink& sink);
/// Without a data folder.
void collect_no_store(observe::FamilySink& sink);

}  // namespace discovery::node
