// What every view must show at once: the node is lost, not ready, draining, protects itself, or is open to all. A screen
// reader is told when one appears, and not every second of a countdown.
import {add, fill, h, link} from "./dom.js";
import {count, moment, nodeNow, plural, seconds} from "./format.js";

const kinds = ["lost", "draining", "ready", "disk", "protection", "brake", "open"];
let boxes = null;

function setUp(root) {
  boxes = {};
  for (const kind of kinds) {
    const text = h("p", {role: "status", "aria-live": "polite"});
    const clock = h("p.clock", {role: "timer", "aria-live": "off"});
    boxes[kind] = {box: h("section.banner." + kind, {"aria-label": labelOf(kind), hidden: true}, text, clock), text, clock};
    add(root, [boxes[kind].box]);
  }
  setInterval(() => {
    for (const kind of kinds) boxes[kind].tick?.();
  }, 1000);
}

function labelOf(kind) {
  return {lost: "No connection", draining: "Draining", ready: "Not ready", disk: "Disk", protection: "Self-protection", brake: "Brake", open: "No access control"}[kind];
}

/** text: null hides it. tick: () => text of the line that counts. */
function put(kind, text, tick) {
  const {box, clock} = boxes[kind];
  const show = text !== null;
  if (box.hidden === show) box.hidden = !show;
  fill(boxes[kind].text, show ? text : "");
  boxes[kind].tick = show && tick ? () => (clock.textContent = tick()) : null;
  clock.hidden = !boxes[kind].tick;
  boxes[kind].tick?.();
}

function until(ns) {
  return seconds(Math.max(0, Math.round((ns - nodeNow()) / 1e9)));
}

/** `lost`: since when the node does not answer (ms), or null. */
export function drawBanners(root, state, lost) {
  if (!boxes) setUp(root);
  put("lost", lost === null ? null : ["The node has not answered since ", moment(lost * 1e6), ". What you see is from before."]);
  if (!state) {
    for (const kind of kinds) if (kind !== "lost") put(kind, null);
    return;
  }
  put("draining", state.draining ? "This node is draining: it answers readiness with 503 and sends its clients to other nodes." : null);
  const failing = (state.checks ?? []).filter((c) => !c.ok);
  put("ready", state.ready || state.draining ? null :
    ["This node is not ready. ", failing.map((c) => [h("b", {}, c.name), ": ", c.detail, ". "])]);
  put("disk", state.disk?.failing ? [h("b", {}, "The data folder refuses to be written"), ": ", state.disk.error,
    ". The node answers as before, but forgets what it cannot write when it ends."] : null);
  const p = state.protection ?? {};
  put("protection", !p.active ? null :
    [h("b", {}, "Self-protection is on"), p.since ? " since " + moment(p.since) : "", ": ", plural(p.renewals_last_minute, "renewal"),
      " in the last minute, at least ", count(p.renewals_needed), " of ", count(p.renewals_expected), " expected are needed. ",
      plural(state.held, "instance"), " past the lease ", state.held === 1 ? "is" : "are", " kept."],
  p.first_release_at ? () => `The first one is taken out in ${until(p.first_release_at)}, at ${moment(p.first_release_at)}, if it stays silent.` : null);
  const held = state.brake?.applications ?? [];
  put("brake", held.length === 0 ? null :
    [h("b", {}, "The brake holds " + plural(held.length, "application")), ": too many of their instances fell silent at once. ", link("overview", {}, "See which"), "."],
  held.length === 0 ? null : () => `The first is released in ${until(Math.min(...held.map((a) => a.until)))}.`);
  const open = state.access?.open_to_all ?? [];
  put("open", open.length === 0 ? null :
    [h("b", {}, "No access control"), ": whoever reaches ", open.join(", "), " may read and write everything (access.required)."]);
}
