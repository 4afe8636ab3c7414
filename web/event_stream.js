// A text/event-stream, taken apart as the HTML standard says ("Server-sent events"), whatever pieces it comes in. The
// page reads it by fetch, because an EventSource cannot send a token.

export class EventStream {
  #decoder = new TextDecoder();  // takes a byte order mark away
  #line = "";                    // has not ended
  #cr = false;                   // it ended with the last character, a CR: a LF now is of the same end
  #type = "";
  #data = [];
  #id;

  /** onEvent({type, data, id}), onRetry(ms): what they throw, push() throws. id: of the last event before. */
  constructor({onEvent, onRetry, id = ""}) {
    this.onEvent = onEvent;
    this.onRetry = onRetry;
    this.#id = id;
  }

  /** bytes: a Uint8Array. What no empty line ends is no event. */
  push(bytes) {
    const text = this.#decoder.decode(bytes, {stream: true});
    if (text === "") return;
    let from = this.#cr && text[0] === "\n" ? 1 : 0;
    this.#cr = text.endsWith("\r");
    const ends = /\r\n|\r|\n/g;
    ends.lastIndex = from;
    for (let end = ends.exec(text); end; end = ends.exec(text)) {
      const line = this.#line + text.slice(from, end.index);
      this.#line = "";
      from = ends.lastIndex;
      this.#take(line);
    }
    this.#line += text.slice(from);
  }

  #take(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    // A line that begins with a colon is a comment: a field without a name.
    if (name === "event") this.#type = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.onRetry?.(Number(value));
  }

  #dispatch() {
    const event = {type: this.#type || "message", data: this.#data.join("\n"), id: this.#id};
    const any = this.#data.length > 0;
    this.#type = "";
    this.#data = [];
    if (any) this.onEvent(event);
  }
}
