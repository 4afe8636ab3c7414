// The dialog of an action: what it does, what remains, the command that does the same, and the token. Nothing is sent
// before the button in it is pressed.
import {act, checkForm, setToken, token} from "./api.js";
import {command, commandLine} from "./command.js";
import {openDialog} from "./dialog.js";
import {field, h, say, told} from "./dom.js";
import {count, plural} from "./format.js";
import {accessRequired, announceToken, howToAllow, takesActions, tokenInput, tokenLabel} from "./token.js";

/** title, preview (nodes), line (of discoveryctl), confirm (text), danger, path, params, done() */
export function confirmAction({title, preview, line, confirm, danger, path, params, done}) {
  const input = tokenInput();
  const allowed = takesActions();
  const ask = allowed && !token();
  openDialog({
    title,
    body: [
      preview,
      h("p.dim", {}, "The same by command:"),
      commandLine(line),
      allowed ? null : h("p.note", {}, howToAllow()),
      ask ? field(tokenLabel(), input, "Kept in this tab until you close it.") : null,
    ],
    confirm: allowed ? confirm : null,
    danger,
    run: async () => {
      const before = token();
      try {
        if (ask) {
          checkForm(input.value.trim());
          setToken(input.value.trim());
        }
        await act(path, params);
      } catch (error) {
        if (isUnknown(error)) setToken("");
        throw error;
      } finally {
        if (token() !== before) announceToken();
      }
      say("Done: " + title);
      done?.();
    },
    failed: (error) => `Not done: ${error.message}` + (isUnknown(error) ? ". Is the token right?" : error.status !== 403 ? "" :
      ask ? ". Another token may." : ". Another token may: enter it by the button on top."),
  });
}

/** The node does not know the token. Without access control there is one only, and any other is forbidden. */
function isUnknown(error) {
  return error.status === 401 || (error.status === 403 && !accessRequired());
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
