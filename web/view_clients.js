// Clients: who asks how much, who does not take its answers, and whom the shield slows, by which rule.
import {get} from "./api.js";
import {command, commandLine} from "./command.js";
import {add, brief, field, fill, h} from "./dom.js";
import {count, decimal, plural, seconds, time} from "./format.js";
import {Reader} from "./later.js";
import {Table} from "./table.js";

export const title = "Clients";
const kAtOnce = 1000;
const kRules = {
  spinning_poll: "polls again at once after each answer",
  register_loop: "registers the same again and again",
  rate: "asks more often than it may (limits.reads_per_second, limits.writes_per_second)",
  renew_loop: "renews what is not registered (answered -404) again and again",
};
const kShow = {all: () => true, slow: (c) => c.slow > 0, slowed: (c) => c.slowed.length > 0};

function slowed(c) {
  if (c.slowed.length === 0) return "";
  return h("span.rules", {}, c.slowed.map((s) => h("span", {}, h("span.state.warn", {}, s.rule), " ", brief(s.what), ": ", kRules[s.rule] ?? "",
    `; ${plural(s.answers, "answer")} slowed since `, time(s.since), ", last ", time(s.last), h("br"))));
}

function number(id, label, value, show = count) {
  return {id, label, num: true, down: true, sort: value, cell: (c) => show(value(c))};
}

/** Two counts in a cell: "1,000, 4". */
function ofThem(id, label, all, part) {
  return {...number(id, label, all), cell: (c) => h("span", {}, count(all(c)), h("span.dim", {}, ", " + count(part(c))))};
}

export function open({main, note, refuse, allow}, params) {
  const show = h("select", {}, h("option", {value: "all"}, "all"), h("option", {value: "slow"}, "those that do not take their answers"), h("option", {value: "slowed"}, "those that are slowed"));
  show.value = params.show in kShow ? params.show : "all";
  const summary = h("p.summary", {role: "status"}, "Asking the node …");
  const line = h("div");
  const table = new Table({
    label: "Clients",
    empty: "No such client.",
    key: (c) => c.address,
    sort: {id: "rate", down: true},
    columns: [
      {id: "address", label: "Address", main: true, css: "mono", sort: (c) => c.address, cell: (c) => brief(c.address)},
      {id: "slowed", label: "Slowed by the shield", sort: (c) => c.slowed_answers, down: true, cell: slowed},
      number("rate", "Requests a second", (c) => c.requests_per_second, decimal),
      number("requests", "Requests", (c) => c.requests),
      number("connections", "Connec\u00adtions", (c) => c.connections),
      {...number("slow", "Slow", (c) => c.slow), cell: (c) => (c.slow > 0 ? h("span.state.warn", {}, count(c.slow)) : "0")},
      number("parked", "Parked polls", (c) => c.parked_polls),
      ofThem("polls", "Polls, of them at once", (c) => c.polls, (c) => c.polls_at_once),
      ofThem("registers", "Registers, of them the same", (c) => c.registers, (c) => c.registers_unchanged),
      ofThem("renews", "Renewals, of them unknown", (c) => c.renews, (c) => c.renews_not_found),
    ],
  });
  let all = [];
  let asked = null;
  const draw = () => {
    table.update(all.filter(kShow[show.value]));
    fill(summary, asked ? plural(asked.total, "client") + (asked.seconds > 0 ? ` in ${seconds(asked.seconds)}` : "") +
      (asked.total > all.length ? `; the ${count(all.length)} with the most requests are shown` : "") : "");
    fill(line, commandLine(command.clients(show.value)));
  };
  const reader = new Reader(async () => {
    try {
      asked = await get("/api/clients", {sort: "requests", limit: kAtOnce});
      all = asked.clients;
      draw();
      allow();
    } catch (error) {
      if (!refuse(error)) fill(summary, h("span.bad", {}, error.message));
    }
  }, {least_ms: 1000, every_ms: 2000});
  show.addEventListener("change", () => {
    note({show: show.value === "all" ? "" : show.value});
    table.toFirst();
    draw();
  });
  add(main, [
    h("p.dim", {}, "The shield slows a client that asks in a loop, and only that one: its answers come later, none is refused."),
    h("form.filters", {onsubmit: (e) => e.preventDefault()}, field("Show", show)), summary, table.element, line]);
  reader.now();
  return {close: () => reader.close()};
}
