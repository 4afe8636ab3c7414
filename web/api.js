// The node's answers. Errors come as ApiError with the sentence that the node gave; status 0: it did not answer.
//
// The token that was typed goes with every request, in Authorization and nowhere else. While the node wants one (401)
// nothing is read before there is another: "tokenwanted" on the document tells it once. What a token may not see (403)
// is not asked for again at once: each refusal is a line of the node's audit.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const kAnswerWithin_ms = 20000;
const kRefusedFor_ms = 60000;
const kRefusalsMax = 200;
const kTokenKey = "discoveryd-token";

let wanted = null;          // ApiError 401, with `given`: whether a token was sent
const refused = new Map();  // what was asked for -> {until, error}

function target(path, params) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(key, value);
  }
  const text = query.toString();
  return text ? path + "?" + text : path;
}

/** To this node alone: a redirection is an error. */
function send(url, {headers, as = token(), ...options}) {
  return fetch(url, {...options, headers: {...headers, ...(as ? {Authorization: "Bearer " + as} : {})}, cache: "no-store", redirect: "error"});
}

async function call(url, options, read) {
  const timeout = AbortSignal.timeout(kAnswerWithin_ms);
  let answer;
  let text;
  try {
    answer = await send(url, {...options, signal: timeout});
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
  if (!answer.ok) throw new ApiError(answer.status, sentenceOf(answer, body));
  return body;
}

function sentenceOf(answer, body) {
  return body?.error ?? `the node answered ${answer.status}`;
}

/** What `ask` answers, unless it is known that the node would refuse it. */
async function reading(url, ask) {
  if (wanted) throw wanted;
  const known = refused.get(url);
  if (known && Date.now() < known.until) throw known.error;
  const sent = token();
  try {
    const answer = await ask();
    refused.delete(url);
    return answer;
  } catch (error) {
    if (token() !== sent) throw wanted ?? error;  // of the token that goes now it says nothing
    throw noted(url, error, sent !== "");
  }
}

function noted(url, error, given) {
  if (error.status === 401) {
    if (wanted) return wanted;
    if (given) setToken("");
    wanted = error;
    wanted.given = given;
    document.dispatchEvent(new CustomEvent("tokenwanted"));
  } else if (error.status === 403) {
    const told = new ApiError(403, (given ? "this token may not see that: " : "without a token nobody may see that: ") + error.message);
    if (refused.size >= kRefusalsMax) refused.clear();
    refused.set(url, {until: Date.now() + kRefusedFor_ms, error: told});
    return told;
  }
  return error;
}

export function get(path, params) {
  const url = target(path, params);
  return reading(url, () => call(url, {}, JSON.parse));
}

/** The same, but integers that a double cannot hold come as BigInt, where the browser can tell. */
export function getExact(path, params) {
  const exact = (key, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context.source) : value;
  const url = target(path, params);
  return reading(url, () => call(url, {}, (text) => JSON.parse(text, exact)));
}

/** The answer itself, for who reads it while it comes. */
export function stream(path, headers, signal) {
  return reading(path, async () => {
    let answer;
    try {
      answer = await send(path, {headers, signal});
    } catch {
      throw new ApiError(0, "the node does not answer");
    }
    if (answer.ok) return answer;
    const body = await answer.json().catch(() => null);
    throw new ApiError(answer.status, sentenceOf(answer, body));
  });
}

/** An action. The node says whether the token is enough. */
export function act(path, params) {
  return call(target(path, params), {method: "POST"}, JSON.parse);
}

/** Whether the node answers at all; it needs no right. */
export function alive() {
  return call("/healthz", {as: ""}, (text) => text);
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
  wanted = null;
  refused.clear();
  try {
    if (text) sessionStorage.setItem(kTokenKey, text);
    else sessionStorage.removeItem(kTokenKey);
  } catch {
    // Without storage it lasts as long as the document.
  }
}

/** Throws unless it has the form of a token: nothing else may stand in a field of a request. */
export function checkForm(text) {
  if (!/^[\x21-\x7e]*$/.test(text)) throw new ApiError(400, "a token has no blanks, and no characters but those of ASCII");
}

/** Keeps it, unless the node does not know it. "": goes on without one, if the node lets one. */
export async function tryToken(text) {
  checkForm(text);
  try {
    await call("/api/overview", {as: text}, JSON.parse);
  } catch (error) {
    if (error.status !== 403) throw error;  // 403: it is known, and may do something else
  }
  setToken(text);
}

/** Null, or whether a token was `given` that the node does not know, and its `message`. */
export function tokenWanted() {
  return wanted;
}
