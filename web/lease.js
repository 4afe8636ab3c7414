// How much of a lease has passed since the last renewal, as a bar with its numbers.
import {h} from "./dom.js";
import {nodeNow, seconds} from "./format.js";

/** Seconds since the last renewal now: what the node said, and what has passed since it said so. */
export function leaseAge(instance, read_at_ns) {
  return Math.max(0, (instance.lease_age_seconds ?? 0) + (nodeNow() - read_at_ns) / 1e9);
}

export function leaseBar(age, lease) {
  const part = lease > 0 ? age / lease : 0;
  const level = part >= 1 ? "bad" : part >= 0.67 ? "warn" : "ok";
  const filled = h("span.filled." + level);
  filled.style.width = Math.min(100, Math.round(part * 50) * 2) + "%";
  return h("span.lease", {}, h("span.bar", {"aria-hidden": "true"}, filled),
    h("span.age", {}, `${seconds(Math.round(age))} of ${seconds(lease)}`));
}

/** Of an instance: its own lease where it came by another protocol, else that of the registry. */
export function leaseOf(instance, lease, read_at_ns) {
  const origin = instance.origin;
  if (origin && origin.lease_seconds === null) return "no lease: it stays until its key is deleted";
  return leaseBar(leaseAge(instance, read_at_ns), origin ? Number(origin.lease_seconds) : lease);
}
