// The node's answers. Errors come as ApiError with the sentence that the node gave; status 0: it did not answer.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const kAnswerWithin_ms = 20000;
const kTokenKey = "discoveryd-token";

function target(path, params) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(key, value);
  }
  const text = query.toString();
  return text ? path + "?" + text : path;
}

async function call(path, params, options, read) {
  const timeout = AbortSignal.timeout(kAnswerWithin_ms);
  let answer;
  let text;
  try {
    answer = await fetch(target(path, params), {...options, signal: timeout, cache: "no-store", redirect: "error"});
    text = await answer.text();
  } catch {
    throw new ApiError(0, "the node does not answer");
  }
  let body;
  try {
    body = read(text);
  } catch {
    throw new ApiError(answer.status, answer.ok ? "the answer is not JSON" : `${answer.status}: ${text.slice(0, 200)}`);
  }
  if (!answer.ok) throw new ApiError(answer.status, body?.error ?? `the node answered ${answer.status}`);
  return body;
}

export function get(path, params) {
  return call(path, params, {}, JSON.parse);
}

/** The same, but integers that a double cannot hold come as BigInt, where the browser can tell. */
export function getExact(path, params) {
  const exact = (key, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context.source) : value;
  return call(path, params, {}, (text) => JSON.parse(text, exact));
}

/** An action. The token goes with it; the node says whether that is enough. */
export function act(path, params) {
  const headers = token() ? {Authorization: "Bearer " + token()} : {};
  return call(path, params, {method: "POST", headers}, JSON.parse);
}

/** Typed once, kept until the tab is closed. */
export function token() {
  try {
    return sessionStorage.getItem(kTokenKey) ?? "";
  } catch {
    return kept;
  }
}
let kept = "";
export function setToken(text) {
  kept = text;
  try {
    if (text) sessionStorage.setItem(kTokenKey, text);
    else sessionStorage.removeItem(kTokenKey);
  } catch {
    // Without storage it lasts as long as the document.
  }
}
