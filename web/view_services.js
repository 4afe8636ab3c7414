// Services: all applications, searched, sorted and paged by the node, so that ten thousand are as fast as ten.
import {get} from "./api.js";
import {command, commandLine} from "./command.js";
import {add, brief, field, fill, h, link} from "./dom.js";
import {count, plural, time} from "./format.js";
import {Reader, settled} from "./later.js";
import {kRowsPerPage, Table} from "./table.js";

export const title = "Services";
const kZonesShown = 4;

function zones(s) {
  const all = Object.entries(s.zones ?? {});
  return h("span.zones", {}, all.slice(0, kZonesShown).map(([zone, n]) => [h("span.zone", {}, brief(zone), " ", h("b", {}, count(n))), " "]),
    all.length > kZonesShown ? h("span.dim", {}, `and ${all.length - kZonesShown} more`) : null);
}

function columns() {
  return [
    {id: "name", label: "Application", main: true, sort: true, cell: (s) => link("service", {env: s.env, appid: s.appid}, brief(s.appid))},
    {id: "env", label: "Env", cell: (s) => brief(s.env)},
    {id: "instances", label: "Instances", num: true, sort: true, down: true, cell: (s) => count(s.visible)},
    {id: "up", label: "In service", num: true, cell: (s) => (s.up === 0 ? h("span.state.warn", {}, "0") : count(s.up))},
    {id: "waiting", label: "Waiting", num: true, cell: (s) => count(s.waiting)},
    {id: "zones", label: "Zones", cell: zones},
    {id: "watchers", label: "Watchers", num: true, sort: true, down: true, cell: (s) => count(s.watchers)},
    {id: "changed", label: "Last change", sort: true, down: true, cell: (s) => time(s.last_change)},
  ];
}

export function open({main, note, state, refuse, allow}, params) {
  const asked = {q: "", env: "", zone: "", sort: "name", offset: 0, ...params};
  asked.offset = Math.max(0, Math.floor(Number(asked.offset)) || 0);
  const q = h("input", {type: "search", value: asked.q, placeholder: "part of the name", autocomplete: "off", spellcheck: "false"});
  const env = h("input", {value: asked.env, list: "envs", autocomplete: "off", spellcheck: "false", placeholder: "all"});
  const zone = h("input", {value: asked.zone, list: "zones", autocomplete: "off", spellcheck: "false", placeholder: "all"});
  const lists = {env: h("datalist", {id: "envs"}), zone: h("datalist", {id: "zones"})};
  const seen = {env: new Set(), zone: new Set()};
  const summary = h("p.summary", {role: "status", "aria-live": "polite"}, "Asking the node …");
  const line = h("div");
  const table = new Table({
    label: "Services",
    key: (s) => s.env + "\n" + s.appid,
    columns: columns(),
    sort: {id: asked.sort, down: asked.sort !== "name"},
    empty: "No application matches.",
    server: {
      onSort: (id) => change({sort: id, offset: 0}),
      onPage: (offset) => change({offset}),
    },
  });

  const reader = new Reader(async () => {
    try {
      const {total, matched, services} = await get("/api/services", {...asked, limit: kRowsPerPage});
      if (services.length === 0 && matched > 0 && asked.offset > 0) return change({offset: 0});
      table.update(services, {total: matched, offset: asked.offset});
      fill(summary, matched === total ? plural(total, "application") : `${count(matched)} of ${plural(total, "application")}`);
      learn(services);
      allow();
    } catch (error) {
      if (!refuse(error)) fill(summary, h("span.bad", {}, error.message));
    }
  }, {least_ms: 1000, every_ms: 10000});

  function change(what) {
    Object.assign(asked, what);
    note({...asked, sort: asked.sort === "name" ? "" : asked.sort, offset: asked.offset || ""});
    fill(line, commandLine(command.services(asked)));
    reader.now();
  }
  function learn(services) {
    const s = state();
    if (s?.env) seen.env.add(s.env);
    (s?.nodes ?? []).forEach((n) => n.zone && seen.zone.add(n.zone));
    for (const one of services) {
      if (seen.env.size < 100) seen.env.add(one.env);
      for (const z of Object.keys(one.zones ?? {})) if (seen.zone.size < 100) seen.zone.add(z);
    }
    for (const what of ["env", "zone"]) fill(lists[what], [...seen[what]].sort().map((value) => h("option", {value})));
  }
  const typed = settled(() => change({q: q.value, env: env.value, zone: zone.value, offset: 0}));
  [q, env, zone].forEach((input) => input.addEventListener("input", typed));

  add(main, [
    h("form.filters", {role: "search", onsubmit: (event) => event.preventDefault()},
      field("Search", q), field("Env", env), field("Zone", zone), lists.env, lists.zone),
    summary, table.element, line]);
  change({});
  return {onChange: () => reader.want(), close: () => reader.close()};
}
