// The table of the cluster's nodes, for Overview and Cluster.
import {h} from "./dom.js";
import {count, seconds} from "./format.js";
import {Table} from "./table.js";

const kStates = {
  self: ["ok", "this node", "the node that answers this page"],
  ours: ["ok", "in touch", "a discoveryd that answers"],
  original: ["ok", "original", "a node of the original, which answers"],
  greeting: ["warn", "greeting", "is asked who it is"],
  unknown: ["warn", "not called yet", "no call has been made"],
  down: ["bad", "down", "does not answer"],
};

/** In words, not by colour alone. */
export function stateMark(node) {
  const [level, text, why] = kStates[node.state] ?? ["warn", node.state, ""];
  return h("span.state." + level, {title: why}, text);
}

/** What is wrong with it, as the node that was asked puts it; null when nothing is. */
function trouble(node) {
  const found = [];
  if (node.state === "down" && node.trouble) found.push(node.trouble);
  const ahead = node.clock_ahead_seconds ?? 0;
  if (Math.abs(ahead) >= kClockWorthNaming_s) {
    found.push(`its clock is ${seconds(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} this node's`);
  }
  return found.length === 0 ? null : h("small.dim", {}, " " + found.join("; "));
}

function dash(node, text) {
  return node.self ? "" : text;
}

/** A lag of so much, or a difference, is worth a colour. */
function marked(on, text) {
  return on ? h("span.state.warn", {}, text) : text;
}

export const kLagWorthNaming_s = 5;
const kClockWorthNaming_s = 2;

export function nodesTable(more = []) {
  return new Table({
    label: "Nodes",
    key: (n) => n.address,
    columns: [
      {id: "address", label: "Node", main: true, css: "mono", sort: (n) => n.address, cell: (n) => nodeLink(n)},
      {id: "zone", label: "Zone", sort: (n) => n.zone, cell: (n) => n.zone},
      {id: "state", label: "Health", cell: (n) => h("span", {}, stateMark(n), trouble(n))},
      {id: "member", label: "Member", cell: (n) => (n.member ? "yes" : "no")},
      {id: "lag", label: "Lag", num: true, sort: (n) => n.lag_seconds ?? 0,
        cell: (n) => dash(n, marked(n.lag_seconds > kLagWorthNaming_s, seconds(n.lag_seconds)))},
      {id: "queued", label: "Queued", num: true, sort: (n) => n.queued ?? 0, cell: (n) => dash(n, count(n.queued))},
      {id: "divergent", label: "Differs in", num: true, sort: (n) => n.divergent ?? 0,
        cell: (n) => dash(n, marked(n.divergent > 0, count(n.divergent)))},
      {id: "silent", label: "Last heard", num: true, sort: (n) => n.silent_seconds ?? -1,
        cell: (n) => dash(n, n.silent_seconds === null || n.silent_seconds === undefined ? "never" : seconds(n.silent_seconds) + " ago")},
      ...more,
    ],
  });
}

const kScheme = "http:";  // nodes are known by their plain listeners

/** Its own page: nodes come from the configuration, and yet only HOST:PORT becomes a link. */
function nodeLink(node) {
  if (node.self || !/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/.test(node.address)) return h("span", {}, node.address);
  return h("a", {href: kScheme + "//" + node.address + "/", rel: "noreferrer"}, node.address);
}
