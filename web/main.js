// The frame around the views: which one is shown (the part of the address behind #), the node's state for the banners,
// the live events, theme and rights.
import {askForToken, rights, setAllowed} from "./actions.js";
import {get} from "./api.js";
import {drawBanners} from "./banners.js";
import {add, address, fill, h} from "./dom.js";
import {setNodeTime} from "./format.js";
import {Live} from "./live.js";
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

let shown = null;  // {name, params, handle}
let state = null;  // the last /api/overview
let lost = null;   // since when it does not come, ms

function parts() {
  const text = location.hash.replace(/^#\/?/, "");
  const at = text.indexOf("?");
  const name = at < 0 ? text : text.slice(0, at);
  return {name: name in kViews ? name : "overview", params: Object.fromEntries(new URLSearchParams(at < 0 ? "" : text.slice(at + 1)))};
}

/** What a view gets: where it draws, its parameters, the state, and how to change the address without a new view. */
function open({name, params}, focus) {
  shown?.handle?.close?.();
  const main = document.getElementById("main");
  main.replaceChildren();
  const title = h("h1", {tabindex: "-1"}, kViews[name].title);
  add(main, [title]);
  const context = {
    main,
    title,
    state: () => state,
    note: (next) => {
      const to = address(name, next);
      shown.params = next;
      if (location.hash !== to) window.history.replaceState(null, "", to);
    },
  };
  shown = {name, params, handle: null};
  shown.handle = kViews[name].open(context, params);
  if (state) shown.handle.onState?.(state);
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
  try {
    state = await get("/api/overview");
    lost = null;
    setNodeTime(state.now);
    setAllowed(state.actions === true);
    fill(document.getElementById("node"), state.node);
    shown?.handle?.onState?.(state);
  } catch (error) {
    lost ??= Date.now();
    if (!state) shown?.handle?.onLost?.(error);
  }
  drawBanners(document.getElementById("banners"), state, lost);
  showRights();
}

function showRights() {
  const texts = {act: "May act", token: "Read-only: enter token", read: "Read-only"};
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
  const texts = {live: "live", waiting: "no events", paused: "paused"};
  const live = new Live({
    onChange: (events, missed) => {
      shown?.handle?.onChange?.(events, missed);
    },
    onState: (what) => {
      const text = document.getElementById("live-text");
      if (text.textContent !== texts[what]) text.textContent = texts[what];
      document.getElementById("live").dataset.state = what;
    },
  });
  live.start();
}

function setUp() {
  const menu = h("ul");
  for (const name of kInMenu) add(menu, [h("li", {}, h("a", {href: address(name), "data-view": name}, kViews[name].title))]);
  document.getElementById("nav").append(menu);
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  document.getElementById("rights").addEventListener("click", () => askForToken(showRights));
  document.addEventListener("rightschange", showRights);
  addEventListener("hashchange", () => open(parts(), true));
  setUpTheme();
  open(parts(), false);
  const again = async () => {
    if (!document.hidden) await readState();
    setTimeout(again, kStateEvery_ms);
  };
  again();
  document.addEventListener("visibilitychange", () => document.hidden || readState());
  setUpLive();
}

setUp();
