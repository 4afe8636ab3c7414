// A plot of a rate or a size over the last hour, by uPlot, which is fetched when the first plot is wanted. The caption
// tells the latest values in words, so the picture is only for who looks.
import {fill, h} from "./dom.js";

let library = null;
function loaded() {
  library ??= import("./vendor/uplot/uPlot.esm.js").then((module) => module.default);
  return library;
}

const kHeight_px = 150;
const kDashes = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export class Plot {
  #plot = null;
  #data = null;
  #closed = false;

  /** title; series: [{label}]; show: (value) => text, for the axis and the caption */
  constructor({title, series, show}) {
    this.title = title;
    this.series = series;
    this.show = show;
    this.box = h("div.canvas", {"aria-hidden": "true"});
    this.legend = h("ul.legend", {});
    this.element = h("figure.plot", {}, h("figcaption", {}, h("h3", {}, title), this.legend), this.box);
    this.watcher = new ResizeObserver(() => this.#plot?.setSize(this.#size()));
    this.watcher.observe(this.box);
    this.redraw = () => this.#draw(true);
    document.addEventListener("themechange", this.redraw);
  }

  /** at: ns, oldest first; values: one list a series, null where there is none. `series` where they change. */
  update(at, values, series = this.series) {
    const fresh = series.map((s) => s.label).join("\n") !== this.series.map((s) => s.label).join("\n");
    this.series = series;
    this.#data = [at.map((ns) => ns / 1e9), ...values];
    this.#caption(values);
    this.#draw(fresh);
  }

  close() {
    this.#closed = true;
    this.watcher.disconnect();
    document.removeEventListener("themechange", this.redraw);
    this.#plot?.destroy();
  }

  #caption(values) {
    fill(this.legend, this.series.map((s, i) => {
      const last = values[i].at(-1);
      return h("li.series" + (i % 4), {}, h("span.swatch", {"aria-hidden": "true"}), s.label + " ",
        h("b", {}, last === null || last === undefined ? "–" : this.show(last)));
    }));
  }

  #size() {
    return {width: Math.max(160, this.box.clientWidth), height: kHeight_px};
  }

  async #draw(fresh) {
    if (!this.#data) return;
    const Library = await loaded();
    if (this.#closed || !this.box.isConnected) return;
    if (this.#plot && !fresh) {
      this.#plot.setData(this.#data);
      return;
    }
    this.#plot?.destroy();
    this.#plot = new Library(this.#options(), this.#data, this.box);
  }

  #options() {
    const axis = {stroke: colour("--dim"), grid: {stroke: colour("--line"), width: 1}, ticks: {show: false},
      font: "11px system-ui, sans-serif"};
    const clock = (seconds) => {
      const d = new Date(seconds * 1000);
      return String(d.getHours()).padStart(2, "0") + ":" + String(d.getMinutes()).padStart(2, "0");
    };
    return {
      ...this.#size(),
      legend: {show: false},
      cursor: {show: false},
      padding: [8, 8, 0, 0],
      scales: {x: {time: true}, y: {range: (u, low, high) => [0, high > 0 ? high * 1.15 : 1]}},
      axes: [
        {...axis, size: 26, space: 70, values: (u, ticks) => ticks.map(clock)},
        {...axis, size: 58, space: 32, values: (u, ticks) => ticks.map((v) => this.show(v))},
      ],
      series: [{}, ...this.series.map((s, i) => ({
        label: s.label, stroke: colour("--s" + (i % 4)), width: 1.6, dash: kDashes[i % 4], points: {show: false}, spanGaps: false,
      }))],
    };
  }
}
