// History: every event that this node remembers, filtered by the node, a page at a time, and live while the first page
// is shown.
import {get} from "./api.js";
import {command, commandLine} from "./command.js";
import {add, field, fill, h} from "./dom.js";
import {eventTable, kKinds} from "./events.js";
import {plural, time} from "./format.js";
import {Reader, settled} from "./later.js";
import {kRowsPerPage} from "./table.js";

export const title = "History";
const kNames = ["env", "appid", "zone", "hostname", "kind", "since", "until"];

export function open({main, note, refuse, allow}, params) {
  const asked = Object.fromEntries(kNames.map((name) => [name, params[name] ?? ""]));
  const below = params.below ? [params.below] : [];   // of each page that was turned
  const input = (name, hint) => h("input", {value: asked[name], placeholder: hint, autocomplete: "off", spellcheck: "false", name});
  const kind = h("select", {name: "kind"}, h("option", {value: ""}, "all"), Object.entries(kKinds).map(([value, [, text]]) => h("option", {value}, text)));
  kind.value = asked.kind;
  const controls = {env: input("env", "all"), appid: input("appid", "exact name"), zone: input("zone", "all"), hostname: input("hostname", "exact name"), kind,
    since: input("since", "10m, or 2026-11-28T09:30:00Z"), until: input("until", "now")};
  const labels = {env: "Env", appid: "Application", zone: "Zone", hostname: "Instance", kind: "What", since: "Since", until: "Until"};
  const summary = h("p.summary", {role: "status", "aria-live": "polite"}, "Asking the node …");
  const table = eventTable({label: "Events", empty: "No event matches."});
  const newer = h("button", {type: "button", onclick: () => turn(() => below.pop())}, "Newer");
  const older = h("button", {type: "button", onclick: () => turn(() => below.push(String(last)))}, "Older");
  const found_box = h("div", {}, table.element, h("div.pager", {role: "group", "aria-label": "Pages of the history"}, newer, older));
  const line = h("div");
  let last = 0;

  const reader = new Reader(async () => {
    try {
      const found = await get("/api/history", {...asked, limit: kRowsPerPage, below: below.at(-1)});
      table.update(found.events);
      last = found.events.at(-1)?.number ?? 0;
      older.disabled = !found.more;
      fill(summary, plural(found.events.length, "event") + (below.length > 0 ? " of an older page" : found.more ? ", the newest" : ""), ". ",
        found.reaches_back_to ? ["This node remembers back to ", time(found.reaches_back_to), "."] : "This node remembers nothing yet.");
      found_box.hidden = false;
      allow();
    } catch (error) {
      // A token of some applications may see theirs: the filter stays.
      found_box.hidden = error.status === 403;
      if (error.status === 403) fill(summary, h("span.bad", {}, error.message), ". Env and Application name what it may see.");
      else if (!refuse(error)) fill(summary, h("span.bad", {}, error.message));
    }
  }, {least_ms: 1000});
  const show = () => {
    note({...asked, below: below.at(-1)});
    newer.disabled = below.length === 0;
    fill(line, commandLine(command.history(asked)));
    reader.now();
  };
  const turn = (how) => {
    how();
    show();
    if (document.activeElement?.disabled || document.activeElement === document.body) older.disabled ? newer.focus() : older.focus();
  };
  const changed = settled(() => {
    for (const name of kNames) asked[name] = controls[name].value.trim();
    below.length = 0;
    show();
  }, 300);
  for (const name of kNames) controls[name].addEventListener("input", changed);

  add(main, [h("form.filters", {role: "search", onsubmit: (e) => e.preventDefault()}, kNames.map((name) => field(labels[name], controls[name]))),
    summary, found_box, line]);
  show();
  return {onChange: () => below.length === 0 && reader.want(), close: () => reader.close()};
}
