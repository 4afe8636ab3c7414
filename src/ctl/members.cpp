// members: the nodes, as one of them sees them, and what each says of itself.
#include <cmath>
#include <map>

#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  bool one = false;
};

/// What the nodes say of themselves, by address. Those that are known to be down are not asked.
std::map<std::string, Json> overviews(const Context& context, const Answered& first) {
  std::map<std::string, Json> said;
  std::vector<std::string> others;
  for (const Json& node : rows_at(first.json, "nodes")) {
    const std::string address = text_at(node, "address");
    if (flag_at(node, "self")) {
      said[address] = first.json;
    } else if (text_at(node, "state") == "ours") {
      others.push_back(address);
    }
  }
  client::CallRequest request;
  request.target = "/api/overview";
  const auto answers = context.asker().ask_each(others, request);
  for (size_t i = 0; i < answers.size() && i < others.size(); ++i) {
    if (auto read = read_answer(answers[i], "/api/overview")) said[others[i]] = std::move(read->json);
  }
  return said;
}

constexpr double kClockWorthNaming = 2;  ///< seconds

/// What is wrong with it, in the words of the nodes; "" when nothing is.
std::string trouble_of(const Json& node, const Json& overview) {
  std::string trouble = shown(text_at(node, "trouble"));
  const auto add = [&](const std::string& more) { (trouble += trouble.empty() ? "" : "; ") += more; };
  const double ahead = real_at(node, "clock_ahead_seconds");
  if (std::abs(ahead) >= kClockWorthNaming) {
    add("its clock is " + seconds_text(std::abs(ahead)) + (ahead > 0 ? " ahead" : " behind"));
  }
  const Json& disk = member(overview, "disk");
  if (flag_at(disk, "failing")) add("its data folder refuses to be written: " + shown(text_at(disk, "error")));
  return trouble;
}

std::vector<std::string> row_of(const Json& node, const Json& overview, TimePoint now) {
  const std::string address = text_at(node, "address");
  const bool self = flag_at(node, "self");
  const bool heard = self || text_at(node, "state") == "ours";
  std::string state = self ? "alive" : text_at(node, "state");
  if (state == "ours") state = "alive";
  if (flag_at(overview, "draining")) {
    state = "draining";
  } else if (!overview.is_null() && !flag_at(overview, "ready")) {
    state = "not ready";
  }
  std::vector<std::string> row{shown(address) + (self ? " *" : ""), shown(text_at(node, "zone")), shown(state),
                               shown(text_at(overview, "version"))};
  row.push_back(overview.is_null() ? "-" : counted(number_at(overview, "instances")));
  row.push_back(heard && !self ? seconds_text(real_at(node, "lag_seconds")) : "-");
  row.push_back(heard && !self ? counted(number_at(node, "divergent")) : "-");
  const bool protecting = flag_at(member(overview, "protection"), "active");
  row.push_back(overview.is_null() ? "-" : protecting ? "on" : "off");
  const int64_t started = number_at(overview, "started_at");
  row.push_back(started == 0 ? "-" : age(now - from_wire_ns(started)));
  row.push_back(trouble_of(node, overview));
  return row;
}

Outcome<Exit> run(const Options& options, Context& context) {
  const auto first = ask(context, "/api/overview");
  if (!first) return first.error();
  if (shown_as_json(context, first->json)) return Exit::kDone;
  std::map<std::string, Json> said;
  if (options.one) {
    for (const Json& node : rows_at(first->json, "nodes")) {
      if (flag_at(node, "self")) said[text_at(node, "address")] = first->json;
    }
  } else {
    said = overviews(context, *first);
  }
  Table table({{"Node"},
               {"Zone"},
               {"State"},
               {"Version"},
               {"Instances", Align::kRight},
               {"Lag", Align::kRight},
               {"Diff", Align::kRight},
               {"Protect"},
               {"Uptime", Align::kRight},
               {"Trouble"}});
  for (const Json& node : rows_at(first->json, "nodes")) {
    const auto it = said.find(text_at(node, "address"));
    table.add(row_of(node, it == said.end() ? Json() : it->second, context.now()));
  }
  context.show(table);
  return Exit::kDone;
}

}  // namespace

void add_members(Verbs& verbs) {
  verbs.add<Options>(
      {"members", "The nodes: state, version, instances, lag, differences",
       "  discoveryctl members                 * is the node that was asked; lag and diff are as it sees them\n"
       "  discoveryctl members --watch 1\n",
       true},
      [](CLI::App& verb, Options& o) {
        verb.add_flag("--one", o.one, "Ask one node only; of the others what it knows is shown");
      },
      run);
}

}  // namespace discovery::ctl
