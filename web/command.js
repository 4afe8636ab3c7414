// The line of discoveryctl that does or asks the same as the page, ready to paste into a shell.
import {h, say} from "./dom.js";

const kPlain = /^[A-Za-z0-9_.:/@%+=,][A-Za-z0-9_.:/@%+=,-]*$/;
const kNeedsEscape = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff\ufff9-\ufffb]/u;

/** One word for a POSIX shell; what cannot be seen is written as an escape (POSIX 2024; bash, zsh, ksh). */
export function word(text) {
  const value = String(text);
  if (kPlain.test(value)) return value;
  if (!kNeedsEscape.test(value)) return "'" + value.replaceAll("'", "'\\''") + "'";
  let out = "";
  for (const byte of new TextEncoder().encode(value)) {
    const char = String.fromCharCode(byte);
    if (char === "'" || char === "\\") out += "\\" + char;
    else out += byte < 0x20 || byte > 0x7e ? "\\x" + byte.toString(16).padStart(2, "0") : char;
  }
  return "$'" + out + "'";
}

/** A name that begins with a dash is no option: it comes after "--", so options come first. */
function line(verb, names, options) {
  const opts = Object.entries(options).filter(([, v]) => v !== false && v !== undefined && v !== null && v !== "")
    .flatMap(([k, v]) => (v === true ? ["--" + k] : ["--" + k, word(v)]));
  const dashed = names.some((n) => String(n).startsWith("-"));
  const words = names.map(word);
  return ["discoveryctl", verb, ...(dashed ? [...opts, "--", ...words] : [...words, ...opts])].join(" ");
}

export const command = {
  set: (i, status) => line("set", [i.appid, i.hostname], {status: status === 1 ? "up" : "waiting", env: i.env, zone: i.zone}),
  cancel: (i) => line("cancel", [i.appid, i.hostname], {env: i.env, zone: i.zone, yes: true}),
  release: (a) => line("protect release", [a.appid], {env: a.env}),
  explain: (i, from) => line("explain", [i.appid, i.hostname], {env: i.env, from}),
  history: (f) => line("history", [f.appid, f.hostname].filter(Boolean), {env: f.env, since: f.since || "1h"}),
  diff: (a, b) => line("diff", [a, b], {}),
  services: (f) => line("services", [], {env: f.env}),
  members: () => line("members", [], {}),
  clients: (f) => line("clients", [], {slow: f === "slow", throttled: f === "slowed"}),
  instances: (a) => line("instances", [a.appid], {env: a.env}),
};

/** The line with a button that copies it. */
export function commandLine(text) {
  const copy = h("button.small", {type: "button", "aria-label": "Copy the command", onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);  // without a secure context there is no clipboard; ready for Ctrl-C
      say("Selected; press Control C to copy");
    }
  }}, "Copy");
  const code = h("code", {tabindex: "0"}, text);
  return h("div.command", {}, code, copy);
}
