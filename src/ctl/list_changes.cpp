#include "ctl/list_changes.h"

#include <tuple>

#include "ctl/wording.h"

namespace discovery::ctl {

using client::Instance;
using Kind = ListChange::Kind;

std::vector<ListChange> changes_between(const client::InstanceList& before, const client::InstanceList& now) {
  const auto key = [](const Instance& i) { return std::tie(i.zone, i.hostname); };
  std::vector<ListChange> changes;
  auto old = before.instances.begin();
  auto fresh = now.instances.begin();
  while (old != before.instances.end() || fresh != now.instances.end()) {
    if (fresh == now.instances.end() || (old != before.instances.end() && key(*old) < key(*fresh))) {
      changes.push_back({Kind::kRemoved, *old++});
    } else if (old == before.instances.end() || key(*fresh) < key(*old)) {
      changes.push_back({Kind::kAdded, *fresh++});
    } else {
      if (!same_content(*old, *fresh)) changes.push_back({Kind::kChanged, *fresh});
      ++old;
      ++fresh;
    }
  }
  return changes;
}

std::string change_text(const ListChange& change) {
  const Instance& i = change.instance;
  std::string text = change.kind == Kind::kAdded ? "+" : change.kind == Kind::kRemoved ? "-" : "~";
  text += " " + shown(i.zone) + " " + shown(i.hostname) + " " + shown(i.version);
  for (const std::string& a : i.addrs) text += " " + shown(a);
  return text;
}

Json change_json(const ListChange& change) {
  const Instance& i = change.instance;
  Json json;
  json["change"] = change.kind == Kind::kAdded ? "added" : change.kind == Kind::kRemoved ? "removed" : "changed";
  json["zone"] = i.zone;
  json["hostname"] = i.hostname;
  json["version"] = i.version;
  json["addrs"] = i.addrs;
  json["metadata"] = i.metadata;
  return json;
}

}  // namespace discovery::ctl
