// The token: whether the node wants one and for what, and how it is asked for. It is typed into a password field and kept
// for the tab (api.js). "tokenchange" on the document tells that another one goes with the requests now.
import {setToken, token, tokenWanted, tryToken} from "./api.js";
import {openDialog} from "./dialog.js";
import {field, h, say} from "./dom.js";

// required: nothing is answered without a token that allows it (access.required); actions: the node takes some from here
let mode = {required: false, actions: false};
let taken_away = false;  // by the user: nobody asks at once what has just been refused

export function setMode(next) {
  mode = next;
}
export function accessRequired() {
  return mode.required;
}
export function takesActions() {
  return mode.actions;
}

const kHowToAllow = "This page may only look. To let it act, set admin.token_file in discovery.toml to a file that holds a token, " +
  "reload the node, and type that token here.";
const kElsewhere = "This address of the node takes no actions: admin calls have a listener of their own (admin.listen).";

export function howToAllow() {
  return mode.required ? kElsewhere : kHowToAllow;
}

/** "given", "none": access is controlled. "act", "token", "read": only actions need one. */
export function rights() {
  if (mode.required) return token() ? "given" : "none";
  return mode.actions && token() ? "act" : mode.actions ? "token" : "read";
}

export function tokenInput() {
  return h("input", {type: "password", autocomplete: "off", spellcheck: "false"});
}
export function tokenLabel() {
  return mode.required ? "Token" : "Admin token";
}

export function announceToken() {
  document.dispatchEvent(new CustomEvent("tokenchange"));
}

function explanation() {
  if (mode.required) {
    return "This node answers whom it knows by a token, as far as the token allows (access.token_file). Yours goes with all that this page " +
      "asks of this node, is kept in this tab until you close it, and goes nowhere else.";
  }
  return mode.actions ? "The node takes actions from this page with its admin token. It is kept in this tab until you close it, and goes nowhere else." : kHowToAllow;
}

/** `wanted`: the node refused because of it (tokenWanted()). */
export function askForToken(wanted = tokenWanted()) {
  const input = tokenInput();
  input.value = token();
  const can = mode.required || mode.actions;
  openDialog({
    title: mode.required ? "Token" : "What this page may do",
    body: [
      wanted ? h("p.warning", {}, wanted.given ? "The node does not know the token that was given." : "No token was given, and this node wants one.") : null,
      h("p", {}, explanation()),
      can ? field(tokenLabel(), input) : null,
    ],
    confirm: can ? (wanted ? "Go on" : "Keep") : null,
    run: async () => {
      const text = input.value.trim();
      if (text || wanted) await tryToken(text);
      else setToken("");
      taken_away = text === "";
      announceToken();
      say({given: "The token is kept", none: "There is no token", act: "Actions are possible", token: "Read-only", read: "Read-only"}[rights()]);
    },
    failed: (error) => {
      if (error.status !== 401) return "Not kept: " + error.message + ".";
      return input.value.trim() ? `The node does not know this token: ${error.message}.` : "No token is given, and this node wants one.";
    },
  });
}

/** Asks for the token that the node wants; where a dialog is open already, after that. */
export function askForWantedToken() {
  if (taken_away) {
    taken_away = false;
    return;
  }
  const dialog = document.querySelector("dialog[open]");
  if (!dialog) askForToken();
  else dialog.addEventListener("close", () => tokenWanted() && askForToken(), {once: true});
}
