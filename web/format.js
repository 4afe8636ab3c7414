// Numbers, durations and moments as people read them. Times of the API are Unix nanoseconds; a browser rounds them to
// a quarter of a microsecond, which nothing here shows.
import {h} from "./dom.js";

let ahead_ms = 0;  // of the node's clock before this one's
export function setNodeTime(ns) {
  ahead_ms = ns / 1e6 - Date.now();
}
export function nodeNow() {
  return (Date.now() + ahead_ms) * 1e6;
}

export function count(n) {
  return n === null || n === undefined ? "–" : Number(n).toLocaleString("en-US", {maximumFractionDigits: 0});
}

/** With so many digits that it tells something: 0.013, 1.2, 340. */
export function decimal(x) {
  if (x === null || x === undefined) return "–";
  const size = Math.abs(x);
  return Number(x).toLocaleString("en-US", {maximumFractionDigits: size >= 100 ? 0 : size >= 1 ? 1 : size >= 0.1 ? 2 : 3});
}

export function bytes(n) {
  if (n === null || n === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return decimal(n) + " " + units[i];
}

/** 0.4 ms, 12 s, 3 min 20 s, 5 h 2 min, 12 d 3 h. */
export function seconds(s) {
  if (s === null || s === undefined) return "–";
  if (s < 0) return "−" + seconds(-s);
  if (s === 0) return "0 s";
  if (s < 0.001) return decimal(s * 1e6) + " µs";
  if (s < 1) return decimal(s * 1e3) + " ms";
  if (s < 10) return decimal(s) + " s";
  const whole = Math.round(s);
  const two = (a, ua, b, ub) => a + " " + ua + (b > 0 ? " " + b + " " + ub : "");
  if (whole < 60) return whole + " s";
  if (whole < 3600) return two(Math.floor(whole / 60), "min", whole % 60, "s");
  if (whole < 86400) return two(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
  return two(Math.floor(whole / 86400), "d", Math.floor((whole % 86400) / 3600), "h");
}

export function secondsSince(ns) {
  return (nodeNow() - ns) / 1e9;
}

function two(n) {
  return String(n).padStart(2, "0");
}

/** 10:31:02 today, else 2026-11-28 10:31:02, in the time of the browser. */
export function moment(ns) {
  const d = new Date(ns / 1e6);
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  const day = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  const now = new Date();
  const today = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return day === today ? time : day + " " + time;
}

/** An element that shows the moment, with all of it in the title. 0 and null are "–". */
export function time(ns) {
  if (!ns) return h("span.dim", {}, "–");
  const iso = new Date(ns / 1e6).toISOString();
  return h("time", {datetime: iso, title: iso}, moment(ns));
}

export function plural(n, one, many = one + "s") {
  return count(n) + " " + (n === 1 ? one : many);
}
