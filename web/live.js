// What happens, as it happens: the node's server-sent events. Each answer is a batch that ends, and the page comes again
// with the number of the last event. They are read by fetch, which can send the token. A tab that nobody looks at holds
// no connection: a browser has only six to one node.
import {stream} from "./api.js";
import {EventStream} from "./event_stream.js";

const kSilentAfter_ms = 20000;  // the node says at least a tick every 15 s
const kAgainAfter_ms = 3000;    // of an answer that is none
const kRetryMin_ms = 100;
const kRetryMax_ms = 15000;

export class Live {
  #running = null;  // AbortController of the one connection, and of the pause before the next
  #last = "";
  #heard = 0;

  /** onChange(events, missed), onState("live" | "waiting" | "refused" | "paused"); refused: this token may not read them */
  constructor({onChange, onState}) {
    this.onChange = onChange;
    this.onState = onState;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#close("paused") : this.start()));
    addEventListener("pagehide", () => this.#close("paused"));
    addEventListener("pageshow", () => this.start());
    setInterval(() => this.#look(), 1000);
  }

  start() {
    if (this.#running || document.hidden) return;
    this.#running = new AbortController();
    this.#run(this.#running.signal);
  }

  /** Anew, with another token. */
  restart() {
    this.#running?.abort();
    this.#running = null;
    this.start();
  }

  async #run(signal) {
    this.onState("live");
    while (!signal.aborted) {
      let again_ms = kAgainAfter_ms;
      try {
        again_ms = await this.#batch(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.onState(error.status === 403 ? "refused" : "waiting");
      }
      await pause(again_ms, signal);
    }
  }

  /** Reads one answer; how long after it the node wants to be asked again. */
  async #batch(signal) {
    const since = this.#last;
    this.#heard = Date.now();
    const answer = await stream("/api/events", {Accept: "text/event-stream", ...(since ? {"Last-Event-ID": since} : {})}, signal);
    if (!/^text\/event-stream\b/i.test(answer.headers.get("Content-Type") ?? "")) throw new Error("no stream of events");
    let again_ms = kAgainAfter_ms;
    const events = new EventStream({id: since, onEvent: (event) => this.#take(event), onRetry: (ms) => (again_ms = Math.min(Math.max(ms, kRetryMin_ms), kRetryMax_ms))});
    const reader = answer.body.getReader();
    try {
      for (let piece = await reader.read(); !piece.done && !signal.aborted; piece = await reader.read()) {
        this.#hear();
        events.push(piece.value);
      }
    } finally {
      reader.cancel().catch(() => {});
    }
    return again_ms;
  }

  #take({type, data, id}) {
    if (type !== "change" && type !== "tick") return;
    this.#last = id;
    if (type === "tick") return;
    const {events, missed} = JSON.parse(data);
    this.onChange(events ?? [], missed === true);
  }

  #hear() {
    this.#heard = Date.now();
    this.onState("live");
  }

  /** A connection that says nothing for so long leads nowhere. */
  #look() {
    if (!this.#running || Date.now() - this.#heard <= kSilentAfter_ms) return;
    this.restart();
    this.onState("waiting");
  }

  #close(state) {
    this.#running?.abort();
    this.#running = null;
    this.onState(state);
  }
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
