// Instance: what happened to it, why a client sees it or not, and the whole record.
import {actOnInstance} from "./actions.js";
import {get, getExact} from "./api.js";
import {command, commandLine} from "./command.js";
import {add, field, fill, h, json, link, told} from "./dom.js";
import {byText, difference, kindMark} from "./events.js";
import {nodeNow, time} from "./format.js";
import {Reader} from "./later.js";
import {leaseOf} from "./lease.js";
import {stateOf} from "./view_service.js";

export const title = "Instance";
const kAtOnce = 10000;
const kEventsShown = 200;
const kOthersHear_ms = 2000;

function whenLine(e) {
  return h("li", {}, h("span.when", {}, time(e.last ?? e.at)), h("span.what", {}, kindMark(e), " ", difference(e), e.kind === "node_started" ? "" : [" by ", byText(e)],
    content(e)));
}

/** What a register replaced. */
function content(e) {
  const before = e.before ?? {};
  const had = ["region", "version", "addrs", "metadata"].filter((k) => k in before);
  if (had.length === 0) return null;
  return h("details", {}, h("summary", {}, "What was before"),
    h("pre", {tabindex: "0"}, json(JSON.stringify(Object.fromEntries(had.map((k) => [k, before[k]])), null, 2))));
}

function verdicts(answer) {
  const why = answer.summary.replace(/^(not )?visible(: )?/, "");
  return [
    h("p.verdict." + (answer.visible ? "ok" : "bad"), {}, h("b", {}, answer.visible ? "Visible" : "Not visible"), why ? [": ", told(why)] : "."),
    h("ol.verdicts", {}, answer.verdicts.map((v) => h("li", {},
      h("span.state." + (v.passes ? "ok" : "bad"), {}, v.passes ? "passes" : "fails"), " ", h("b", {}, told(v.about)), " ", told(v.detail)))),
  ];
}

function explainForm(key, zones) {
  const from = h("input", {list: "client-zones", autocomplete: "off", spellcheck: "false", placeholder: "all zones"});
  const list = h("datalist", {id: "client-zones"}, zones.map((value) => h("option", {value})));
  const mask = h("select", {}, h("option", {value: "1"}, "1: in service"), h("option", {value: "2"}, "2: waiting"), h("option", {value: "3"}, "3: both"));
  const out = h("div", {"aria-live": "polite"});
  const line = h("div");
  const ask = async () => {
    fill(line, commandLine(command.explain(key, from.value)));
    try {
      const {zone, ...rest} = key;
      fill(out, verdicts(await get("/api/explain", {...rest, zone, client_zone: from.value, status: mask.value})));
    } catch (error) {
      fill(out, h("p.bad", {}, error.message));
    }
  };
  const reader = new Reader(ask, {least_ms: 1000});
  let late = 0;
  const form = h("form.filters", {onsubmit: (event) => {
    event.preventDefault();
    reader.now();
  }}, field("Client in zone", from), field("Status it asks for", mask), list, h("button.primary", {type: "submit"}, "Explain"));
  const wants = {
    now: () => reader.now(),
    /** Something changed; the other nodes hear of it a moment later. */
    changed: () => {
      reader.want();
      clearTimeout(late);
      late = setTimeout(() => reader.want(), kOthersHear_ms);
    },
    close: () => {
      clearTimeout(late);
      reader.close();
    },
  };
  return {...wants, element: h("section", {}, h("h2", {}, "Does a client see it?"), form, out, line)};
}

function pretty(record) {
  return JSON.stringify(record, (k, v) => (typeof v === "bigint" ? "\u0001" + v : v), 2).replaceAll(/"\\u0001(-?\d+)"/g, "$1");
}

/** All instances, however many: what remains after an action is counted among them. */
async function wholeService(key) {
  const ask = (offset) => getExact("/api/service", {env: key.env, appid: key.appid, limit: kAtOnce, offset: offset || ""});
  const whole = await ask(0);
  for (let part = whole; part.instances.length > 0 && whole.instances.length < whole.total; whole.instances.push(...part.instances)) {
    part = await ask(whole.instances.length);
  }
  return whole;
}

function facts(i, lease, read_at) {
  const row = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
  return [
    row("State", stateOf(i)),
    i.state === "cancelled" ? null : row("Since the last renewal", leaseOf(i, lease, read_at)),
    i.origin ? row("Came by", [`key of ${i.origin.protocol}, layout ${i.origin.layout}: `, h("span.mono", {}, told(i.origin.key)),
      i.origin.lease_id ? `, lease ${i.origin.lease_id}` : ""]) : null,
    row("Zone", told(i.zone)), row("Region", told(i.region || "–")), row("Version", told(i.version || "–")),
    row("Addresses", h("ul.bare", {}, (i.addrs ?? []).map((a) => h("li.mono", {}, told(a))))),
    row("Metadata", h("ul.bare", {}, Object.entries(i.metadata ?? {}).map(([k, v]) => h("li", {}, told(k), " = ", told(v))))),
    row("Registered", time(Number(i.reg_timestamp))), row("Up since", time(Number(i.up_timestamp))),
  ];
}

export function open({main, title, state, refuse, allow}, params) {
  const key = {env: params.env ?? "", appid: params.appid ?? "", zone: params.zone ?? "", hostname: params.hostname ?? ""};
  fill(title, told(key.hostname));
  const numbers = h("dl.record");
  const problem = h("p.summary", {role: "status"}, "Asking the node …");
  const raw = h("pre", {tabindex: "0"});
  const line = h("ol.timeline");
  const buttons = h("div.buttons.left");
  const zones = [...new Set((state()?.nodes ?? []).map((n) => n.zone).filter(Boolean))];
  const explain = explainForm(key, zones);
  let now = null;   // {instance, instances, lease, read_at}

  const record = new Reader(async () => {
    try {
      const s = await wholeService(key);
      const found = s.instances.find((i) => i.zone === key.zone && i.hostname === key.hostname);
      now = found ? {instance: found, instances: s.instances, total: s.total, lease: Number(s.lease_seconds), read_at: nodeNow()} : null;
      record.every_ms = s.total > 500 ? 20000 : 5000;
      show(found ? null : "This node has no record of it. Its history may tell why.");
      fill(raw, found ? json(pretty(found)) : "");
      allow();
    } catch (error) {
      now = null;
      if (!refuse(error)) show(error.status === 404 ? "This node does not know the application." : error.message);
    }
  }, {least_ms: 1000, every_ms: 5000});
  const show = (text) => {
    problem.hidden = text === null;
    fill(problem, text ?? "");
    fill(numbers, now ? facts(now.instance, now.lease, now.read_at) : null);
    const visible = now?.instance.state === "visible";
    for (const [name, on] of [["drain", visible && now.instance.status === 1], ["up", visible && now.instance.status !== 1], ["remove", visible]]) {
      buttonOf[name].hidden = !on;
    }
  };
  const buttonOf = {};
  for (const [name, text] of [["drain", "Drain"], ["up", "Put in service"], ["remove", "Remove"]]) {
    buttonOf[name] = h("button", {type: "button", hidden: true, onclick: () => now && actOnInstance(name, {...now.instance, ...key}, now, again)}, text);
    buttons.append(buttonOf[name]);
  }
  const history = new Reader(async () => {
    try {
      const found = (await get("/api/history", {...key, limit: kEventsShown})).events;
      fill(line, found.length > 0 ? found.map(whenLine) : h("li", {}, "No event is remembered."));
    } catch (error) {
      fill(line, h("li.bad", {}, error.message));
    }
  }, {least_ms: 500});
  const again = () => {
    record.now();
    history.now();
    explain.now();
  };

  add(main, [
    h("p", {}, "Instance of ", link("service", {env: key.env, appid: key.appid}, told(key.env), " / ", told(key.appid)), ", zone ", told(key.zone), "."),
    problem, numbers, buttons, explain.element,
    h("section", {}, h("h2", {}, "Time line"), line, commandLine(command.history(key))),
    h("section", {}, h("h2", {}, "Record"), raw)]);
  again();
  const bars = setInterval(() => document.hidden || !now || fill(numbers, facts(now.instance, now.lease, now.read_at)), 1000);
  return {
    onChange: (list, missed) => {
      if (missed || list.some((e) => e.env === key.env && e.appid === key.appid && e.zone === key.zone && e.hostname === key.hostname)) {
        record.want();
        history.want();
        explain.changed();
      }
    },
    close: () => {
      clearInterval(bars);
      record.close();
      history.close();
      explain.close();
    },
  };
}
