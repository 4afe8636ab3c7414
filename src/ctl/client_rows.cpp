#include "ctl/client_rows.h"

#include "ctl/wording.h"

namespace discovery::ctl {

Table client_table(const Json& clients) {
  Table table({{"Client"},
               {"Requests/s", Align::kRight},
               {"Requests", Align::kRight},
               {"Connections", Align::kRight},
               {"Polls", Align::kRight},
               {"Slow", Align::kRight},
               {"Registers", Align::kRight},
               {"Renews", Align::kRight},
               {"Not found", Align::kRight},
               {"Slowed", Align::kRight}});
  for (const Json& c : clients) {
    table.add({shown(text_at(c, "address")), rate_text(real_at(c, "requests_per_second")),
               counted(number_at(c, "requests")), counted(number_at(c, "connections")),
               counted(number_at(c, "parked_polls")), counted(number_at(c, "slow")), counted(number_at(c, "registers")),
               counted(number_at(c, "renews")), counted(number_at(c, "renews_not_found")),
               counted(number_at(c, "slowed_answers"))});
  }
  return table;
}

Table slowed_table(const Json& clients, TimePoint now) {
  Table table({{"Client"}, {"Rule"}, {"What"}, {"Since"}, {"Last"}, {"Answers", Align::kRight}});
  for (const Json& c : clients) {
    for (const Json& s : rows_at(c, "slowed")) {
      table.add({shown(text_at(c, "address")), shown(text_at(s, "rule")), shown(text_at(s, "what")),
                 moment(number_at(s, "since"), now), moment(number_at(s, "last"), now),
                 counted(number_at(s, "answers"))});
    }
  }
  return table;
}

}  // namespace discovery::ctl
