// Reading again while things happen: at once when asked after a pause, and then never more often than is fair. What
// takes long to read is read less often.

export class Reader {
  #timer = 0;
  #busy = false;
  #wanted = false;
  #next = 0;
  #urgent = false;
  #closed = false;

  /** read: async () => void, which throws nothing; least_ms: between the end of one and the next; every_ms: also without a reason */
  constructor(read, {least_ms = 500, every_ms = 0} = {}) {
    this.read = read;
    this.least_ms = least_ms;
    this.every_ms = every_ms;
  }

  /** Now, whatever the pause: what the user asked for. */
  now() {
    this.#next = 0;
    this.#urgent = this.#busy;
    this.want();
  }

  want() {
    if (this.#closed) return;
    this.#wanted = true;
    if (this.#busy) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#next - Date.now()));
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #run() {
    this.#busy = true;
    this.#wanted = false;
    const began = performance.now();
    try {
      await this.read();
    } finally {
      this.#busy = false;
      this.#next = this.#urgent ? 0 : Date.now() + Math.max(this.least_ms, 10 * (performance.now() - began));
      this.#urgent = false;
      if (this.#wanted) this.want();
      else if (this.every_ms && !this.#closed) this.#timer = setTimeout(() => this.#again(), Math.max(this.every_ms, this.#next - Date.now()));
    }
  }

  #again() {
    if (document.hidden) this.#timer = setTimeout(() => this.#again(), this.every_ms);
    else this.want();
  }
}

/** f, a moment after the last call: for typing. */
export function settled(f, after_ms = 150) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(f, after_ms);
  };
}
