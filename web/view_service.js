// Service: the instances of one application, how old their leases are, what may be done with them, and what happened.
// All instances (at most kAtOnce) are fetched, so that filter and sorting reach all; a page of them is in the document.
import {actOnInstance} from "./actions.js";
import {get} from "./api.js";
import {command, commandLine} from "./command.js";
import {add, brief, field, fill, h, json, link, told} from "./dom.js";
import {eventTable, statusText} from "./events.js";
import {count, nodeNow, plural, time} from "./format.js";
import {Reader, settled} from "./later.js";
import {leaseOf} from "./lease.js";
import {actionButton, Table} from "./table.js";

export const title = "Service";
const kAtOnce = 10000;
const kMetadataShown = 3;
const kEventsShown = 50;

export function stateOf(i) {
  if (i.state === "cancelled") return h("span.state", {}, "cancelled");
  if (i.state === "hidden") return h("span.state.bad", {}, "hidden: expired");
  return i.status === 1 ? h("span.state.ok", {}, "in service") : h("span.state.warn", {}, statusText(i.status));
}

function addresses(i) {
  return h("span.lines", {}, (i.addrs ?? []).slice(0, 4).map((a) => [brief(a, "bdi.brief.mono"), h("br")]),
    (i.addrs ?? []).length > 4 ? h("span.dim", {}, `and ${i.addrs.length - 4} more`) : null);
}

function metadata(i) {
  const all = Object.entries(i.metadata ?? {});
  return h("span.lines", {}, all.slice(0, kMetadataShown).map(([k, v]) => [h("span.pair", {}, brief(k), " = ", brief(v)), h("br")]),
    all.length > kMetadataShown ? h("span.dim", {}, `and ${all.length - kMetadataShown} more`) : null);
}

function actions(i) {
  if (i.state !== "visible") return "";
  return h("span.actions", {},
    i.status === 1 ? actionButton("drain", "Drain", `Drain ${i.hostname}`) : actionButton("up", "Up", `Put ${i.hostname} in service`),
    " ", actionButton("remove", "Remove", `Remove ${i.hostname}`));
}

function instanceTable(view) {
  return new Table({
    label: "Instances",
    empty: "No instance matches.",
    key: (i) => i.zone + "\n" + i.hostname,
    sort: {id: "zone", down: false},
    onAction: (name, row) => actOnInstance(name, view.whole(row), view, () => view.reader.now()),
    columns: [
      {id: "hostname", label: "Instance", main: true, sort: (i) => i.hostname,
        cell: (i) => link("instance", {...view.key, zone: i.zone, hostname: i.hostname}, brief(i.hostname))},
      {id: "zone", label: "Zone", sort: (i) => i.zone, cell: (i) => brief(i.zone)},
      {id: "state", label: "State", sort: (i) => i.state + i.status, cell: stateOf},
      {id: "lease", label: "Last renewal", sort: (i) => (i.state === "cancelled" ? -1 : i.lease_age_seconds),
        cell: (i) => (i.state === "cancelled" ? "" : leaseOf(i, view.lease, view.read_at))},
      {id: "act", label: "Actions", hide: true, cell: actions},
      {id: "version", label: "Version", sort: (i) => i.version, cell: (i) => brief(i.version)},
      {id: "addrs", label: "Addresses", cell: addresses},
      {id: "metadata", label: "Metadata", cell: metadata},
      {id: "up", label: "Up since", sort: (i) => i.up_timestamp, down: true, cell: (i) => time(i.up_timestamp)},
    ],
  });
}

/** The weights of a scheduler file; whatever else stands in it is shown as JSON. */
function scheduler(s) {
  const clients = Object.entries(s?.clients ?? {});
  const weights = clients.map(([name, c]) => h("tr", {}, h("th", {scope: "row"}, brief(name)),
    h("td", {}, Object.entries(c?.zones ?? {}).map(([zone, w]) => h("span.zone", {}, brief(zone), " ", h("b", {}, brief(w?.weight ?? "?")), " ")))));
  return h("section", {}, h("h2", {}, "Scheduler"),
    clients.length > 0 ? h("table.plain", {}, h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "Clients of zone"), h("th", {scope: "col"}, "Weight of each zone"))), h("tbody", {}, weights)) : null,
    h("details", {}, h("summary", {}, "As JSON"), h("pre", {tabindex: "0"}, json(JSON.stringify(s, null, 2)))));
}

function facts(s) {
  const fact = (name, value, more) => h("div.fact", {}, h("dt", {}, name), h("dd", {}, value, more ? h("small", {}, more) : null));
  return [
    fact("In service", count(s.up)), fact("Waiting", count(s.waiting)),
    fact("Hidden", count(s.hidden), "lease ran out"), fact("Cancelled", count(s.cancelled), "remembered"),
    fact("Watchers", count(s.watchers), "parked polls"), fact("Last change", time(s.latest_timestamp)),
  ];
}

function notes(s, protecting) {
  const out = [];
  if (s.braked) out.push(h("p.warning", {}, "The brake holds this application since ", time(s.braked.since), ", until ", time(s.braked.until), ": silent instances stay in the list. ", link("overview", {}, "Release it in the overview"), "."));
  if (protecting) out.push(h("p.warning", {}, "The node protects itself: instances past their lease stay in the list."));
  if (s.up === 0) out.push(h("p.warning", {}, "No instance is in service: clients get an empty list."));
  return out;
}

export function open({main, title, note, state, refuse, allow}, params) {
  const view = {key: {env: params.env ?? "", appid: params.appid ?? ""}, instances: [], total: 0, read_at: nodeNow(), lease: 90, reader: null,
    whole: (i) => ({...i, ...view.key})};
  fill(title, told(view.key.appid), " ", h("small", {}, told(view.key.env)));
  const numbers = h("dl.facts");
  const remarks = h("div", {"aria-live": "polite"});
  const summary = h("p.summary", {role: "status"}, "Asking the node …");
  const filter = h("input", {type: "search", value: params.filter ?? "", placeholder: "name, zone, version, address or metadata", autocomplete: "off", spellcheck: "false"});
  const schedule = h("div");
  const table = instanceTable(view);
  const events = eventTable({label: "History of the service", without: ["app"]});
  let offset = Math.max(0, Math.floor(Number(params.offset)) || 0);

  const matches = (i, text) => [i.hostname, i.zone, i.version, i.state, ...(i.addrs ?? []), ...Object.entries(i.metadata ?? {}).flat()]
    .some((t) => String(t).toLowerCase().includes(text));
  const draw = () => {
    const text = filter.value.trim().toLowerCase();
    const rows = text ? view.instances.filter((i) => matches(i, text)) : view.instances;
    table.update(rows);
    const part = view.total > view.instances.length ? ` (${count(offset + 1)} to ${count(offset + view.instances.length)} of ${count(view.total)})` : "";
    fill(summary, text ? `${count(rows.length)} of ${plural(view.instances.length, "instance")}${part}` : plural(view.instances.length, "instance") + part,
      part ? [" ", moreButton()] : null);
  };
  const moreButton = () => h("button.small", {type: "button", onclick: () => {
    offset = offset + kAtOnce < view.total ? offset + kAtOnce : 0;
    note({...view.key, offset: offset || ""});
    view.reader.now();
  }}, `Next ${count(kAtOnce)}`);

  const history = new Reader(async () => {
    try {
      events.update((await get("/api/history", {...view.key, limit: kEventsShown})).events);
    } catch {
      // Without a history the rest still tells something; the History view says why.
    }
  }, {least_ms: 1000});
  view.reader = new Reader(async () => {
    try {
      const s = await get("/api/service", {...view.key, limit: kAtOnce, offset: offset || ""});
      view.read_at = nodeNow();
      view.lease = s.lease_seconds;
      view.instances = s.instances;
      view.reader.every_ms = s.total > 500 ? 20000 : 5000;
      view.total = s.total;
      fill(numbers, facts(s));
      fill(remarks, notes(s, state()?.protection?.active === true));
      fill(schedule, s.scheduler ? scheduler(s.scheduler) : null);
      draw();
      allow();
    } catch (error) {
      if (!refuse(error)) fill(summary, h("span.bad", {}, error.status === 404 ? "This node does not know the application. It may have been forgotten: see its history below." : error.message));
    }
  }, {least_ms: 1000, every_ms: 5000});

  filter.addEventListener("input", settled(() => {
    note({...view.key, filter: filter.value, offset: offset || ""});
    table.toFirst();
    draw();
  }));
  add(main, [numbers, remarks,
    h("section", {}, h("h2", {}, "Instances"), h("form.filters", {role: "search", onsubmit: (e) => e.preventDefault()}, field("Filter", filter)),
      summary, table.element, commandLine(command.instances(view.key))),
    schedule,
    h("section", {}, h("h2", {}, "History"), events.element, h("p", {}, link("history", view.key, "All of its history")), commandLine(command.history(view.key)))]);
  view.reader.now();
  history.now();
  const bars = setInterval(() => document.hidden || view.instances.length === 0 || table.refresh("lease"), 1000);
  return {
    onChange: (list, missed) => {
      if (!missed && !list.some((e) => e.env === view.key.env && e.appid === view.key.appid)) return;
      view.reader.want();
      history.want();
    },
    close: () => {
      clearInterval(bars);
      view.reader.close();
      history.close();
    },
  };
}
