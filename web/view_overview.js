// Overview: is it healthy, and if not, what is wrong, in one sentence each; nodes, held applications, rates, changes.
import {releaseBrake} from "./actions.js";
import {get} from "./api.js";
import {command, commandLine} from "./command.js";
import {add, brief, fill, h, link} from "./dom.js";
import {bytes, count, decimal, plural, seconds, secondsSince, time} from "./format.js";
import {kLagWorthNaming_s, nodesTable} from "./nodes.js";
import {Plot} from "./plot.js";
import {actionButton, Table} from "./table.js";

export const title = "Overview";
const kRatesEvery_ms = 10000;

/** What is wrong, without numbers that count, since a screen reader is told each change; the worst first: [level, sentence, link]. Empty: nothing. */
function problems(s) {
  const found = [];
  const others = s.nodes.filter((n) => !n.self);
  for (const c of s.checks ?? []) if (!c.ok) found.push(["bad", `Not ready: ${c.name}: ${c.detail}`]);
  for (const n of others.filter((o) => o.state === "down")) {
    found.push(["bad", `${n.address} does not answer`, ["cluster", {}]]);
  }
  if (s.protection.active) found.push(["bad", `Self-protection is on: ${plural(s.held, "instance")} past the lease kept`]);
  for (const a of s.brake.applications) found.push(["warn", `The brake holds ${a.env} / ${a.appid}`, ["service", {env: a.env, appid: a.appid}]]);
  for (const n of others) {
    if (n.divergent > 0) found.push(["warn", `${n.address} differs in ${plural(n.divergent, "record")}`, ["cluster", {with: n.address}]]);
    if (n.state !== "down" && n.lag_seconds > kLagWorthNaming_s) found.push(["warn", `${n.address} is more than ${kLagWorthNaming_s} s behind`, ["cluster", {}]]);
  }
  if (s.slowed_clients > 0) found.push(["warn", `${plural(s.slowed_clients, "client")} slowed by the shield`, ["clients", {show: "slowed"}]]);
  return found;
}

function verdict(s) {
  const found = problems(s);
  const nodes = s.nodes.length;
  if (found.length === 0) {
    return h("p.verdict.ok", {}, nodes > 1 ? `All is well: ${nodes} of ${nodes} nodes are in touch and agree.` : "All is well: this node is alone and ready.");
  }
  return h("div.verdict." + (found.some((f) => f[0] === "bad") ? "bad" : "warn"), {},
    h("p", {}, found.length === 1 ? "One thing needs a look:" : `${found.length} things need a look:`),
    h("ul", {}, found.map(([level, text, to]) => h("li." + level, {}, to ? link(to[0], to[1], brief(text)) : brief(text)))));
}

function facts(s) {
  const fact = (name, value, more) => h("div.fact", {}, h("dt", {}, name), h("dd", {}, value, more ? h("small", {}, more) : null));
  return [
    fact("Instances", count(s.instances), s.held > 0 ? `${count(s.held)} past their lease, kept` : "in the lists"),
    fact("Applications", count(s.applications), `${count(s.watched_applications)} watched`),
    fact("Parked polls", count(s.parked_polls), plural(s.connections, "connection")),
    fact("Renewals", count(s.protection.renewals_last_minute), `last minute; ${count(s.protection.renewals_expected)} expected`),
    fact("Registry", bytes(s.memory_bytes), `${count(s.records)} records, ${count(s.tombstones)} cancelled or hidden`),
    fact("Up for", seconds(secondsSince(s.started_at)), `${count(s.requests)} requests`),
  ];
}

function plots() {
  const rate = (v) => decimal(v) + "/s";
  return {
    changes: new Plot({title: "Registers, cancels, expiries", show: rate, series: [{label: "registers"}, {label: "cancels"}, {label: "expired"}]}),
    renews: new Plot({title: "Renewals", show: rate, series: [{label: "renews"}]}),
    notify: new Plot({title: "Time from a change to its answers", show: seconds, series: [{label: "half within"}, {label: "99 % within"}]}),
    lag: new Plot({title: "Lag of other nodes", show: seconds, series: []}),
    instances: new Plot({title: "Instances and parked polls", show: count, series: [{label: "instances"}, {label: "parked polls"}]}),
    requests: new Plot({title: "Requests and answered polls", show: rate, series: [{label: "requests"}, {label: "polls woken"}]}),
    cpu: new Plot({title: "Processor, in cores", show: decimal, series: [{label: "cores"}]}),
    memory: new Plot({title: "Memory of the registry", show: bytes, series: [{label: "memory"}]}),
  };
}

function showRates(p, r) {
  p.changes.update(r.at, [r.registers, r.cancels, r.expired]);
  p.renews.update(r.at, [r.renews]);
  p.notify.update(r.at, [r.notify_p50_seconds, r.notify_p99_seconds]);
  const peers = Object.keys(r.lag_seconds ?? {}).sort();
  p.lag.element.hidden = peers.length === 0;
  if (peers.length > 0) p.lag.update(r.at, peers.map((a) => r.lag_seconds[a]), peers.map((a) => ({label: a})));
  p.instances.update(r.at, [r.instances, r.parked_polls]);
  p.requests.update(r.at, [r.requests, r.wakeups]);
  p.cpu.update(r.at, [r.cpu]);
  p.memory.update(r.at, [r.memory_bytes]);
}

function appLink(a) {
  return link("service", {env: a.env, appid: a.appid}, brief(a.appid));
}

function brakeTable() {
  return new Table({
    label: "Held by the brake",
    key: (a) => a.env + "\n" + a.appid,
    onAction: (name, app) => releaseBrake(app),
    columns: [
      {id: "appid", label: "Application", main: true, cell: appLink},
      {id: "env", label: "Env", cell: (a) => brief(a.env)},
      {id: "overdue", label: "Past the lease", num: true, cell: (a) => `${count(a.overdue)} of ${count(a.visible)}`},
      {id: "since", label: "Since", cell: (a) => time(a.since)},
      {id: "until", label: "Until", cell: (a) => time(a.until)},
      {id: "act", label: "Action", hide: true, cell: (a) => actionButton("release", "Release", `Release the brake of ${a.appid}`)},
    ],
  });
}

function changedTable() {
  return new Table({
    label: "Most changed applications",
    empty: "Nothing changed in the last ten minutes.",
    key: (a) => a.env + "\n" + a.appid,
    sort: {id: "changes", down: true},
    columns: [
      {id: "appid", label: "Application", main: true, sort: (a) => a.appid, cell: appLink},
      {id: "env", label: "Env", sort: (a) => a.env, cell: (a) => brief(a.env)},
      {id: "changes", label: "Changes", num: true, down: true, sort: (a) => a.changes, cell: (a) => count(a.changes)},
      {id: "last", label: "Last", down: true, sort: (a) => a.last, cell: (a) => time(a.last)},
    ],
  });
}

export function open({main, refuse, allow}) {
  const health = h("div", {"aria-live": "polite"}, h("p.dim", {}, "Asking the node …"));
  const numbers = h("dl.facts");
  const about = h("p.dim.about");
  const nodes = nodesTable();
  const brake = brakeTable();
  const brakeBox = h("section", {hidden: true}, h("h2", {}, "Held by the brake"), brake.element);
  const changed = changedTable();
  const drawn = plots();
  const noRates = h("p.dim", {hidden: true}, "No sample yet: one is taken every ten seconds.");
  add(main, [health, numbers, brakeBox,
    h("section", {}, h("h2", {}, "Nodes"), nodes.element, commandLine(command.members())),
    h("section", {}, h("h2", {}, "The last hour"), noRates, h("div.plots", {}, Object.values(drawn).map((p) => p.element))),
    h("section", {}, h("h2", {}, "Most changed applications, last ten minutes"), changed.element),
    about]);

  const rates = async () => {
    try {
      const r = await get("/api/rates");
      noRates.hidden = r.at.length > 0;
      showRates(drawn, r);
    } catch {
      // The banner tells when the node is lost; the last plots stay.
    }
  };
  rates();
  const timer = setInterval(() => document.hidden || rates(), kRatesEvery_ms);
  return {
    onState: (s) => {
      allow();
      fill(health, verdict(s));
      fill(numbers, facts(s));
      nodes.update(s.nodes);
      brakeBox.hidden = s.brake.applications.length === 0;
      brake.update(s.brake.applications);
      changed.update(s.most_changed);
      fill(about, `Node ${s.node}, region ${s.region || "–"}, zone ${s.zone || "–"}, env ${s.env || "–"}; discoveryd ${s.version} (${s.commit}).`);
    },
    onLost: (error) => refuse(error) || fill(health, h("p.verdict.bad", {}, error.message)),
    close: () => {
      clearInterval(timer);
      Object.values(drawn).forEach((p) => p.close());
    },
  };
}
