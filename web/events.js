// Events of the history, as sentences and as a table.
import {brief, h, link} from "./dom.js";
import {count, seconds, time} from "./format.js";
import {Table} from "./table.js";

/** What /api/history knows, in its order. */
export const kKinds = {
  registered: ["ok", "registered"],
  changed: ["", "changed by a register"],
  registered_again: ["", "registered again, the same"],
  set: ["", "set"],
  cancelled: ["bad", "cancelled"],
  expired: ["bad", "expired: the lease ran out"],
  expired_past_ceiling: ["bad", "expired, although the node protects itself"],
  shown_again: ["ok", "shown again"],
  hidden_too: ["warn", "hidden, as at another node"],
  merged: ["", "taken over from another node"],
  forgotten: ["", "forgotten"],
  renewed_late: ["warn", "renewed late"],
  protection_on: ["warn", "self-protection on"],
  protection_off: ["ok", "self-protection off"],
  node_started: ["", "node started"],
};

export function kindMark(e) {
  const [level, text] = kKinds[e.kind] ?? ["", e.kind];
  return h("span.state" + (level ? "." + level : ""), {}, text);
}

const kStatus = {1: "in service", 2: "waiting"};
export function statusText(status) {
  return kStatus[status] ?? `status ${status}`;
}

/** "visible, in service → cancelled": only what changed. */
export function difference(e) {
  const of = (side) => (side ? side.state + (side.state === "visible" ? ", " + statusText(side.status) : "") : "not there");
  const parts = [];
  if (e.before || e.after) {
    const was = of(e.before);
    const is = of(e.after);
    parts.push(was === is ? is : `${was} → ${is}`);
  }
  if (e.gap_seconds) parts.push(`after ${seconds(e.gap_seconds)}`);
  if (e.count > 1) parts.push(`${count(e.count)} times in a row`);
  return parts.join("; ");
}

/** Who caused it, and by which key of another protocol. */
export function byText(e) {
  const who = e.by ? brief(e.by) : h("span.dim", {}, "this node");
  return e.origin ? h("span", {}, who, ", key ", brief(e.origin.key)) : who;
}

const kInstance = (e) => e.appid ? link("instance", {env: e.env, appid: e.appid, zone: e.zone, hostname: e.hostname}, brief(e.hostname)) : "";
const kApplication = (e) => e.appid ? h("span", {}, brief(e.env), " / ", link("service", {env: e.env, appid: e.appid}, brief(e.appid))) : "";

/** without: columns that say the same in each row. */
export function eventTable({label, without = [], empty = "No event."}) {
  return new Table({
    label,
    empty,
    key: (e) => String(e.number),
    columns: [
      {id: "at", label: "When", cell: (e) => time(e.last ?? e.at)},
      {id: "kind", label: "What", main: true, cell: kindMark},
      {id: "app", label: "Application", cell: kApplication},
      {id: "instance", label: "Instance", cell: kInstance},
      {id: "zone", label: "Zone", cell: (e) => brief(e.zone ?? "")},
      {id: "by", label: "By", css: "mono", cell: byText},
      {id: "change", label: "Before and after", cell: difference},
    ].filter((c) => !without.includes(c.id)),
  });
}
