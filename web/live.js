// What happens, as it happens: the node's server-sent events. Each answer is a batch that ends, and the browser comes
// again by itself, which is why an "error" between two of them is none. A tab that nobody looks at holds no connection:
// a browser has only six to one node.

const kSilentAfter_ms = 20000;  // the node says at least a tick every 15 s
const kAgainAfter_ms = 3000;

export class Live {
  #source = null;
  #last = "";
  #heard = 0;
  #again = 0;

  /** onChange(events, missed), onState("live" | "waiting" | "paused") */
  constructor({onChange, onState}) {
    this.onChange = onChange;
    this.onState = onState;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#close("paused") : this.start()));
    addEventListener("pagehide", () => this.#close("paused"));
    addEventListener("pageshow", () => this.start());
    setInterval(() => this.#look(), 1000);
  }

  start() {
    if (this.#source || document.hidden) return;
    const since = this.#last ? "?since=" + encodeURIComponent(this.#last) : "";
    this.#source = new EventSource("/api/events" + since);
    this.#heard = Date.now();
    this.onState("live");
    let opened = true;  // since the last error: an answer came
    this.#source.addEventListener("open", () => {
      opened = true;
      this.#hear();
    });
    this.#source.addEventListener("tick", () => this.#hear());
    this.#source.addEventListener("change", (event) => {
      this.#hear();
      if (event.lastEventId) this.#last = event.lastEventId;
      const data = JSON.parse(event.data);
      this.onChange(data.events ?? [], data.missed === true);
    });
    this.#source.addEventListener("error", () => {
      if (!opened) this.onState("waiting");
      opened = false;
      // CLOSED: the answer was no stream of events, so the browser has given up.
      if (this.#source?.readyState !== EventSource.CLOSED) return;
      this.#close("waiting");
      clearTimeout(this.#again);
      this.#again = setTimeout(() => this.start(), kAgainAfter_ms);
    });
  }

  #hear() {
    this.#heard = Date.now();
    this.onState("live");
  }

  #look() {
    if (this.#source && this.#heard && Date.now() - this.#heard > kSilentAfter_ms) this.onState("waiting");
  }

  #close(state) {
    this.#source?.close();
    this.#source = null;
    this.onState(state);
  }
}
