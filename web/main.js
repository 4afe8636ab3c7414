// The frame around the views: which one is shown (the part of the address behind #), the node's state for the banners,
// the live events, theme and the token.
import {alive, get, token, tokenWanted} from "./api.js";
import {drawBanners} from "./banners.js";
import {add, address, fill, h, say} from "./dom.js";
import {setNodeTime} from "./format.js";
import {Live} from "./live.js";
import {isRefusal, notice} from "./refusal.js";
import {accessRequired, askForToken, askForWantedToken, rights, setMode} from "./token.js";
import * as clients from "./view_clients.js";
import * as cluster from "./view_cluster.js";
import * as history from "./view_history.js";
import * as instance from "./view_instance.js";
import * as overview from "./view_overview.js";
import * as service from "./view_service.js";
import * as services from "./view_services.js";

const kViews = {overview, services, service, instance, clients, cluster, history};
const kInMenu = ["overview", "services", "clients", "cluster", "history"];
const kUnder = {service: "services", instance: "services"};
const kStateEvery_ms = 2000;
const kWithoutEvents_ms = 10000;  // where the token may not read them, the view looks again so often

let shown = null;    // {name, params, handle}
let state = null;    // the last /api/overview
let refusal = null;  // why there is none: the token may not see it (ApiError)
let lost = null;     // since when the node does not answer, ms

function parts() {
  const text = location.hash.replace(/^#\/?/, "");
  const at = text.indexOf("?");
  const name = at < 0 ? text : text.slice(0, at);
  return {name: name in kViews ? name : "overview", params: Object.fromEntries(new URLSearchParams(at < 0 ? "" : text.slice(at + 1)))};
}

/** What a view gets: where it draws, its parameters, the state, how to change the address without a new view, and how to
 *  say that the node refuses what the view shows. */
function open({name, params}, focus) {
  shown?.handle?.close?.();
  const main = document.getElementById("main");
  main.replaceChildren();
  const title = h("h1", {tabindex: "-1"}, kViews[name].title);
  const instead = h("div", {class: "refused", hidden: true});
  const box = h("div");
  let standing = "";
  add(main, [title, instead, box]);
  const context = {
    main: box,
    title,
    state: () => state,
    /** Whether it is a refusal: it stands in place of the view then, until allow(). */
    refuse: (error) => {
      if (!isRefusal(error)) {
        if (error.status !== 0) context.allow();
        return false;
      }
      const what = error.status + error.message;
      if (what !== standing) {
        standing = what;
        instead.replaceChildren();
        add(instead, notice(error));
        say(instead.firstChild.textContent);
      }
      box.hidden = true;
      instead.hidden = false;
      return true;
    },
    allow: () => {
      standing = "";
      box.hidden = false;
      instead.hidden = true;
    },
    note: (next) => {
      const to = address(name, next);
      shown.params = next;
      if (location.hash !== to) window.history.replaceState(null, "", to);
    },
  };
  shown = {name, params, handle: null};
  shown.handle = kViews[name].open(context, params);
  if (state) shown.handle.onState?.(state);
  else if (refusal) shown.handle.onLost?.(refusal);
  document.title = title.textContent + " · discoveryd";
  for (const item of document.querySelectorAll("#nav a")) {
    if (item.dataset.view === (kUnder[name] ?? name)) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
  if (focus) {
    title.focus({preventScroll: true});
    scrollTo(0, 0);
  }
}

async function readState() {
  const asked_with = token();
  const outdated = () => token() !== asked_with && !tokenWanted();
  try {
    const answer = await get("/api/overview");
    if (outdated()) return;
    state = answer;
    lost = null;
    refusal = null;
    setNodeTime(state.now);
    setMode({required: state.access?.required === true, actions: state.actions === true});
    fill(document.getElementById("node"), state.node);
    shown?.handle?.onState?.(state);
  } catch (error) {
    if (outdated()) return;
    if (isRefusal(error)) {
      await goOnWithoutState(error);
    } else {
      lost ??= Date.now();
      if (!state) shown?.handle?.onLost?.(error);
    }
  }
  drawBanners(document.getElementById("banners"), state, lost);
  showRights();
}

/** The token may not see the overview, and perhaps some of the rest; the node says so where it comes to that. */
async function goOnWithoutState(error) {
  state = null;
  refusal = error;
  setMode({required: true, actions: true});
  fill(document.getElementById("node"), location.host);
  shown?.handle?.onLost?.(error);
  if (error.status === 401) {
    lost = null;
    return;
  }
  try {
    await alive();
    lost = null;
  } catch {
    lost ??= Date.now();
  }
}

function showRights() {
  const texts = {act: "May act", token: "Read-only: enter token", read: "Read-only", given: "Token given", none: "Enter token"};
  fill(document.getElementById("rights"), texts[rights()]);
}

function setUpTheme() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const show = () => (button.textContent = "Theme: " + (root.dataset.theme ?? "auto"));
  button.addEventListener("click", () => {
    const next = {auto: "light", light: "dark", dark: "auto"}[root.dataset.theme ?? "auto"];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      localStorage.setItem("theme", next);
    } catch {
      // It holds for this document then.
    }
    show();
    document.dispatchEvent(new CustomEvent("themechange"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("themechange")));
  show();
}

function setUpLive() {
  const texts = {live: "live", waiting: "no events", refused: "no events", paused: "paused"};
  let withoutEvents = 0;
  const live = new Live({
    onChange: (events, missed) => {
      shown?.handle?.onChange?.(events, missed);
    },
    onState: (what) => {
      const text = document.getElementById("live-text");
      if (text.textContent !== texts[what]) text.textContent = texts[what];
      document.getElementById("live").dataset.state = what;
      if (what !== "refused") {
        clearInterval(withoutEvents);
        withoutEvents = 0;
      } else {
        withoutEvents ||= setInterval(() => shown?.handle?.onChange?.([], true), kWithoutEvents_ms);
      }
    },
  });
  live.start();
  return live;
}

function setUpToken(live) {
  document.addEventListener("tokenwanted", () => {
    setMode({required: true, actions: true});
    showRights();
    askForWantedToken();
  });
  document.addEventListener("tokenchange", () => {
    showRights();
    if (!accessRequired()) return;
    // What another token showed goes.
    state = null;
    refusal = null;
    open(parts(), false);
    readState();
    live.restart();
  });
}

function setUp() {
  const menu = h("ul");
  for (const name of kInMenu) add(menu, [h("li", {}, h("a", {href: address(name), "data-view": name}, kViews[name].title))]);
  document.getElementById("nav").append(menu);
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  document.getElementById("rights").addEventListener("click", () => askForToken());
  addEventListener("hashchange", () => open(parts(), true));
  setUpTheme();
  open(parts(), false);
  const again = async () => {
    if (!document.hidden) await readState();
    setTimeout(again, kStateEvery_ms);
  };
  again();
  document.addEventListener("visibilitychange", () => document.hidden || readState());
  setUpToken(setUpLive());
}

setUp();
