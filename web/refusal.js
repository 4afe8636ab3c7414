// What stands in the place of a view that the node does not show: no token, one that it does not know, or one that may
// not see this. A token of some applications only leads on to one of them.
import {token} from "./api.js";
import {address, field, h} from "./dom.js";
import {askForToken} from "./token.js";

export function isRefusal(error) {
  return error.status === 401 || error.status === 403;
}

function oneService() {
  const text = () => h("input", {autocomplete: "off", spellcheck: "false", required: true});
  const env = text();
  const appid = text();
  return h("form.filters", {onsubmit: (event) => {
    event.preventDefault();
    location.hash = address("service", {env: env.value.trim(), appid: appid.value.trim()});
  }}, field("Env", env), field("Application", appid), h("button", {type: "submit"}, "Show this one"));
}

export function notice(error) {
  const enter = h("button.primary", {type: "button", onclick: () => askForToken()}, token() ? "Enter another token" : "Enter a token");
  if (error.status === 401) {
    return [h("p.warning", {}, error.given ? "The node does not know the token that was given." : "This node answers only with a token, and none was given."), enter];
  }
  const text = error.message[0].toUpperCase() + error.message.slice(1);
  return [h("p.warning", {}, text + "."), enter,
    h("section", {}, h("h2", {}, "One application"), h("p.dim", {}, "A token may be one for some applications only: what it may see of them is shown."), oneService())];
}
