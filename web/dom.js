// How every view makes its elements. Text becomes text nodes and nothing else: no markup is ever parsed, so whatever a
// client registered stays text. Links lead to views of this page only (link()), never to what a client wrote.

/** h("td.num", {title: "x", onclick: f}, child, ...): children are nodes, texts, numbers, lists of them, or null. */
export function h(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in {value: 1, checked: 1, selected: 1, disabled: 1, htmlFor: 1}) element[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  return add(element, children);
}

export function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** Puts `children` in place of what `element` holds, unless that is the same already (so focus and selection stay). */
export function fill(element, ...children) {
  const next = add(document.createDocumentFragment(), children);
  const same = element.childNodes.length === next.childNodes.length &&
    [...element.childNodes].every((node, i) => node.isEqualNode(next.childNodes[i]));
  if (!same) element.replaceChildren(next);
}

// What shows as nothing, or changes the order of what stands around it.
const kUnseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Cs}/gu;

/** A text of a client: apart from the direction of its surroundings, with what cannot be seen written as U+202E.
 *  `lines`: line ends stay, for text that the page itself has laid out. */
export function told(text, spec = "bdi", lines = false) {
  const value = String(text ?? "");
  const out = h(spec);
  let from = 0;
  for (const match of value.matchAll(kUnseen)) {
    if (lines && match[0] === "\n") continue;
    if (match.index > from) out.append(value.slice(from, match.index));
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    out.append(h("span.code", {}, "U+" + code));
    from = match.index + match[0].length;
  }
  out.append(value.slice(from));
  return out;
}

/** JSON, laid out; line ends within its texts are escapes by then. */
export function json(text) {
  return told(text, "code", true);
}

/** The same as told(), at most a few lines of it; the whole is in its title. */
export function brief(text, spec = "bdi.brief") {
  const out = told(text, spec);
  if (String(text ?? "").length > 60) out.title = String(text);
  return out;
}

/** "#/service?env=dev&appid=a": empty parameters are left out. */
export function address(view, params = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== "") query.set(key, value);
  }
  const text = query.toString();
  return "#/" + view + (text ? "?" + text : "");
}

export function link(view, params, ...children) {
  return h("a", {href: address(view, params)}, children);
}

/** A label and its control, which gets an id of its own. */
let labels = 0;
export function field(label, control, hint) {
  control.id = control.id || "f" + ++labels;
  const note = hint ? h("small", {id: control.id + "-hint"}, hint) : null;
  if (note) control.setAttribute("aria-describedby", note.id);
  return h("div.field", {}, h("label", {htmlFor: control.id}, label), control, note);
}

/** Says it to a screen reader. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = "";
  said.textContent = text;
}
