// top: what a node is busy with.
#include "ctl/client_rows.h"
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  uint64_t rows = 10;
};

/// The last element of an array; null when there is none.
const Json& latest(const Json& rates, const char* name) {
  static const Json kNull;
  const Json& values = rows_at(rates, name);
  return values.empty() ? kNull : values.back();
}

std::string latest_rate(const Json& rates, const char* name) {
  const Json& value = latest(rates, name);
  return value.is_number() ? rate_text(value.get<double>()) : "-";
}

std::string latest_seconds(const Json& rates, const char* name) {
  const Json& value = latest(rates, name);
  constexpr double kMilli = 1000;
  return value.is_number() ? rate_text(value.get<double>() * kMilli) + "ms" : "-";
}

void show_node(const Context& context, const Json& overview, const Json& rates) {
  const int64_t started = number_at(overview, "started_at");
  context.line(shown(text_at(overview, "node")) + "  " + (flag_at(overview, "ready") ? "ready" : "NOT READY") +
               "  up " + (started == 0 ? "-" : age(context.now() - from_wire_ns(started))) + "  " +
               counted_of(number_at(overview, "instances"), "instance") + "  " +
               counted_of(number_at(overview, "applications"), "application") + "  " +
               bytes_text(number_at(overview, "memory_bytes")));
  context.line(counted_of(number_at(overview, "connections"), "connection") + "  " +
               counted_of(number_at(overview, "parked_polls"), "parked poll") + "  " +
               counted_of(number_at(overview, "slowed_clients"), "slowed client") + "  cpu " +
               latest_rate(rates, "cpu") + " cores  notify p50 " + latest_seconds(rates, "notify_p50_seconds") +
               " p99 " + latest_seconds(rates, "notify_p99_seconds"));
  Table table({{"Per second"},
               {"Requests", Align::kRight},
               {"Registers", Align::kRight},
               {"Renews", Align::kRight},
               {"Cancels", Align::kRight},
               {"Expired", Align::kRight},
               {"Wake-ups", Align::kRight}});
  table.add({"last " + counted_of(number_at(rates, "interval_seconds"), "second"), latest_rate(rates, "requests"),
             latest_rate(rates, "registers"), latest_rate(rates, "renews"), latest_rate(rates, "cancels"),
             latest_rate(rates, "expired"), latest_rate(rates, "wakeups")});
  context.show(table);
}

void show_changes(const Context& context, const Json& overview, size_t rows) {
  Table table({{"Most changed (10 minutes)"}, {"Env"}, {"Changes", Align::kRight}, {"Last"}});
  for (const Json& a : rows_at(overview, "most_changed")) {
    if (table.size() == rows) break;
    table.add({shown(text_at(a, "appid")), shown(text_at(a, "env")), counted(number_at(a, "changes")),
               moment(number_at(a, "last"), context.now())});
  }
  if (!table.empty()) context.show(table);
}

Outcome<Exit> run(const Options& options, Context& context) {
  const auto overview = ask(context, "/api/overview");
  if (!overview) return overview.error();
  const auto rates = ask_at(context, overview->node, "/api/rates");
  if (!rates) return rates.error();
  const auto clients = ask_at(context, overview->node, "/api/clients", {{"limit", std::to_string(options.rows)}});
  if (!clients) return clients.error();
  if (shown_as_json(context, {{"overview", overview->json}, {"rates", rates->json}, {"clients", clients->json}})) {
    return Exit::kDone;
  }
  show_node(context, overview->json, rates->json);
  context.line("");
  show_changes(context, overview->json, options.rows);
  context.line("");
  context.show(client_table(rows_at(clients->json, "clients")));
  return Exit::kDone;
}

}  // namespace

void add_top(Verbs& verbs) {
  verbs.add<Options>(
      {"top", "What a node is busy with: rates, most changed applications, busiest clients",
       "  discoveryctl top --watch 2\n", true},
      [](CLI::App& verb, Options& o) {
        verb.add_option("--rows", o.rows, "At most so many rows of each table")
            ->type_name("ROWS")
            ->check(CLI::Range(1, 1000));
      },
      run);
}

}  // namespace discovery::ctl
