// The dialog of an action: what it does, what remains, the command that does the same, and the token. Nothing is sent
// before the button in it is pressed.
import {act, setToken, token} from "./api.js";
import {command, commandLine} from "./command.js";
import {add, field, h, say, told} from "./dom.js";
import {count, plural} from "./format.js";

let allowed = false;  // the node takes actions from pages
export function setAllowed(on) {
  allowed = on;
}

export const kHowToAllow = "This page may only look. To let it act, set admin.token_file in discovery.toml to a file that holds a token, " +
  "reload the node, and type that token here.";

export function rights() {
  return allowed && token() ? "act" : allowed ? "token" : "read";
}

/** Asks for a token, to keep until the tab is closed. */
export function askForToken(changed) {
  const input = h("input", {type: "password", autocomplete: "off", spellcheck: "false", value: token()});
  open({
    title: "What this page may do",
    body: [
      h("p", {}, allowed ? "The node takes actions from this page with its admin token. It is kept in this tab until you close it, and goes nowhere else." : kHowToAllow),
      allowed ? field("Admin token", input) : null,
    ],
    confirm: allowed ? "Keep" : null,
    run: () => {
      setToken(input.value.trim());
      changed();
      say(token() ? "Actions are possible" : "Read-only");
    },
  });
}

/** title, preview (nodes), line (of discoveryctl), confirm (text), danger, path, params, done() */
export function confirmAction({title, preview, line, confirm, danger, path, params, done}) {
  const input = h("input", {type: "password", autocomplete: "off", spellcheck: "false"});
  const ask = allowed && !token();
  open({
    title,
    body: [
      preview,
      h("p.dim", {}, "The same by command:"),
      commandLine(line),
      allowed ? null : h("p.note", {}, kHowToAllow),
      ask ? field("Admin token", input, "Kept in this tab until you close it.") : null,
    ],
    confirm: allowed ? confirm : null,
    danger,
    run: async () => {
      if (ask) setToken(input.value.trim());
      try {
        await act(path, params);
      } catch (error) {
        if (error.status === 403 || error.status === 401) setToken("");
        throw error;
      }
      document.dispatchEvent(new CustomEvent("rightschange"));
      say("Done: " + title);
      done?.();
    },
  });
}

function open({title, body, confirm, danger, run}) {
  const heading = h("h2", {id: "dialog-title"}, title);
  const problem = h("p.bad", {role: "alert"});
  const go = confirm ? h(danger ? "button.danger" : "button.primary", {type: "submit"}, confirm) : null;
  const dialog = h("dialog", {"aria-labelledby": heading.id});
  const form = h("form", {onsubmit: async (event) => {
    event.preventDefault();
    if (!go) return;
    go.disabled = true;
    problem.textContent = "";
    try {
      await run();
      dialog.close();
    } catch (error) {
      problem.textContent = "Not done: " + error.message + (error.status === 403 ? ". Is the token right?" : "");
      go.disabled = false;
      document.dispatchEvent(new CustomEvent("rightschange"));
    }
  }}, heading, body, problem, h("div.buttons", {}, h("button", {type: "button", onclick: () => dialog.close()}, go ? "Leave it" : "Close"), go));
  add(dialog, [form]);
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
    else document.getElementById("main").focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** What clients see of the application now and after the instance has gone from their lists or come into them. */
function remains(instance, {instances, total}, after) {
  const up = instances.filter((i) => i.state === "visible" && i.status === 1);
  const same = (i) => i.zone === instance.zone && i.hostname === instance.hostname;
  const next = up.filter((i) => !same(i)).length + (after === 1 ? 1 : 0);
  const zoneNow = up.filter((i) => i.zone === instance.zone).length;
  const zoneNext = up.filter((i) => i.zone === instance.zone && !same(i)).length + (after === 1 ? 1 : 0);
  const lines = [
    h("tr", {}, h("th", {scope: "row"}, "In service, all zones"), h("td.num", {}, count(up.length)), h("td.num.after", {}, count(next))),
    h("tr", {}, h("th", {scope: "row"}, "In zone ", told(instance.zone)), h("td.num", {}, count(zoneNow)), h("td.num.after", {}, count(zoneNext))),
  ];
  const warn = next === 0 ? "No instance remains in service: clients get an empty list." :
    zoneNext === 0 ? "No instance remains in service in this zone." : null;
  return [
    h("table.remains", {}, h("caption", {}, instances.length < total ? `What remains among the ${count(instances.length)} of ${count(total)} instances shown` : "What remains"), h("thead", {}, h("tr", {}, h("td", {}), h("th", {scope: "col"}, "now"), h("th", {scope: "col"}, "after"))), h("tbody", {}, lines)),
    warn ? h("p.warning", {}, warn) : null,
  ];
}

function about(i) {
  return h("p", {}, told(i.hostname, "bdi.strong"), " of ", told(i.env), " / ", told(i.appid), ", zone ", told(i.zone), ".");
}

/** name: drain, up, remove. `instance` with env and appid; `service`: {instances, total} of the application. */
export function actOnInstance(name, instance, service, done) {
  const key = {env: instance.env, appid: instance.appid, zone: instance.zone, hostname: instance.hostname};
  const common = {path: "/admin/instance/set", done};
  if (name === "drain") {
    confirmAction({...common, title: "Drain this instance", confirm: "Drain", params: {...key, status: 2}, line: command.set(instance, 2),
      preview: [about(instance), h("p", {}, "Its status becomes 2 (waiting): clients stop choosing it, and it stays registered. A later register of its own may set another status."),
        remains(instance, service, 2)]});
  } else if (name === "up") {
    confirmAction({...common, title: "Put this instance in service", confirm: "Put in service", params: {...key, status: 1}, line: command.set(instance, 1),
      preview: [about(instance), h("p", {}, "Its status becomes 1: clients get it in their lists."), remains(instance, service, 1)]});
  } else {
    confirmAction({...common, path: "/admin/instance/cancel", title: "Remove this instance", confirm: "Remove", danger: true, params: key, line: command.cancel(instance),
      preview: [about(instance), h("p", {}, "It is cancelled at every node. If its process still runs, its next renewal is answered with -404, and most clients then register again: drain it instead, or end the process."),
        remains(instance, service, 0)]});
  }
}

export function releaseBrake(app, done) {
  confirmAction({title: "Release the brake", confirm: "Release", danger: true, path: "/admin/brake/release",
    params: {env: app.env, appid: app.appid}, line: command.release(app), done,
    preview: [h("p", {}, told(app.env), " / ", told(app.appid), ": ", plural(app.overdue, "instance"), " past the lease would be taken out of the list now; ",
      count(Math.max(0, app.visible - app.overdue)), " of ", count(app.visible), " remain.")]});
}
