// A dialog that asks before something is done. There is one at a time.
import {add, h} from "./dom.js";

/**
 * confirm: text of the button, null when there is nothing to do; run: async () => void, what it throws is shown and the
 * dialog stays; failed: (error) => text
 */
export function openDialog({title, body, confirm, danger, run, failed}) {
  const heading = h("h2", {id: "dialog-title"}, title);
  const problem = h("p.bad", {role: "alert"});
  const go = confirm ? h(danger ? "button.danger" : "button.primary", {type: "submit"}, confirm) : null;
  const dialog = h("dialog", {"aria-labelledby": heading.id});
  const form = h("form", {onsubmit: async (event) => {
    event.preventDefault();
    if (!go || go.disabled) return;
    go.disabled = true;
    problem.textContent = "";
    try {
      await run();
      dialog.close();
    } catch (error) {
      problem.textContent = failed(error);
      go.disabled = false;
    }
  }}, heading, body, problem, h("div.buttons", {}, h("button", {type: "button", onclick: () => dialog.close()}, go ? "Leave it" : "Close"), go));
  add(dialog, [form]);
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected && before !== document.body) before.focus();
    else document.getElementById("main").focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}
