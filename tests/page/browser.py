"""A headless Chromium with what the tests ask it again and again. Whatever a page must never do is noted from the first
moment of each document: dialogs, scripts that fail, what the policy refuses, elements that no view makes."""

import os
import shutil
import tempfile
import time
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import JavascriptException, StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

WAIT_SECONDS = 10.0

WATCH = """
(() => {
  const seen = window.__seen = {alerts: [], errors: [], refused: []};
  for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = (text) => { seen.alerts.push(name + " " + text); };
  addEventListener("error", (e) => seen.errors.push(String(e.message || e.target?.src || "error")), true);
  addEventListener("unhandledrejection", (e) => seen.errors.push("rejected: " + e.reason));
  document.addEventListener("securitypolicyviolation", (e) => seen.refused.push(e.violatedDirective + " " + e.blockedURI + " " + e.sample));
  window.__begun = performance.now();
})();
"""

# What only an injected text could have made. Views make none of these.
INJECTED = """
return [...document.querySelectorAll(
    "img, svg, iframe, object, embed, video, audio, base, style, meta[http-equiv], math, template, frame, body form[action], "
    + "script:not([src^='/page/'])")].map((e) => e.outerHTML.slice(0, 200))
  .concat([...document.querySelectorAll("*")].flatMap((e) => [...e.attributes]
    .filter((a) => a.name.startsWith("on") || (["href", "src", "action", "formaction"].includes(a.name) && /^\\s*(javascript|data|vbscript):/i.test(a.value)))
    .map((a) => e.tagName + " " + a.name + "=" + a.value.slice(0, 200))))
  .concat([...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href"))
    .filter((href) => !href.startsWith("#/") && href !== "#main" && !/^http:\\/\\/127\\.0\\.0\\.1:\\d+\\/$/.test(href)));
"""

# The lowest contrast of each text against the ground behind it: [ratio, needed, text] where it is too low.
CONTRAST = """
const parse = (c) => {
  let m = c.match(/^rgba?\\(([^)]+)\\)$/);
  if (m) { const v = m[1].split(/[\\s,/]+/).map(Number); return [v[0], v[1], v[2], v[3] ?? 1]; }
  m = c.match(/^color\\(srgb ([^)]+)\\)$/);
  if (m) { const v = m[1].split(/[\\s/]+/).map(Number); return [v[0] * 255, v[1] * 255, v[2] * 255, v[3] ?? 1]; }
  throw new Error("a colour in another form: " + c);
};
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
const light = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
const ground = (e) => { const layers = []; for (let n = e; n; n = n.parentElement) { const c = parse(getComputedStyle(n).backgroundColor); layers.push(c); if (c[3] === 1) break; }
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]); };
const bad = []; let looked = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let n = walker.nextNode(); n; n = walker.nextNode()) {
  const e = n.parentElement;
  if (!n.data.trim() || !e.checkVisibility() || e.closest(".unseen, option, datalist, noscript") || e.closest(":disabled")) continue;
  const style = getComputedStyle(e);
  const below = ground(e);
  const a = light(over(parse(style.color), below)), b = light(below);
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const size = parseFloat(style.fontSize);
  const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
  looked++;
  if (ratio < needed) bad.push([ratio.toFixed(2), needed, n.data.trim().slice(0, 60), style.color, below.join()]);
}
return {looked, bad};
"""


def address(view, **params):
    query = urllib.parse.urlencode({k: v for k, v in params.items() if v != ""})
    return f"#/{view}" + (f"?{query}" if query else "")


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="page-test-")
        options = Options()
        for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en-US",
                     f"--user-data-dir={self.profile}"):
            options.add_argument(flag)
        options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver") or "/usr/bin/chromedriver", env={**os.environ, "TZ": "UTC"}), options=options)
        self.driver.set_page_load_timeout(30)
        self.driver.set_script_timeout(30)
        self.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.size(1200, 800)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def command(self, name, **params):
        return self.driver.execute_cdp_cmd(name, params)

    def size(self, width, height, mobile=False):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def colours(self, scheme):
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    # --- going somewhere ---------------------------------------------------------------------------------------------

    def load(self, url, view="overview", **params):
        """A new document."""
        self.driver.get("about:blank")
        self.driver.get(url + "/" + address(view, **params))
        self.until("return document.querySelector('h1') !== null", "the page draws a heading")

    def show(self, view, **params):
        """Another view of the same document, as a link would."""
        self.run("location.hash = arguments[0]", address(view, **params))
        self.until("return document.querySelector('h1') !== null && !document.querySelector('main').textContent.includes('Asking the node')",
                   f"{view} has its answer")

    # --- asking and waiting ------------------------------------------------------------------------------------------

    def until(self, script, what, *args, seconds=WAIT_SECONDS):
        """Waits until the script returns something true, and returns it."""
        end = time.monotonic() + seconds
        last = None
        while time.monotonic() < end:
            try:
                last = self.run(script, *args)
                if last:
                    return last
            except (JavascriptException, StaleElementReferenceException) as error:
                last = error
            time.sleep(0.03)  # it is another process
        raise AssertionError(f"never within {seconds} s: {what}; the last answer was {last!r}; the page: {self.text()[:1500]}")

    def until_text(self, text, where="main", seconds=WAIT_SECONDS):
        self.until("return document.querySelector(arguments[1])?.textContent.includes(arguments[0])", f"{where} says {text[:100]!r}", text, where,
                   seconds=seconds)

    def text(self, where="body"):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", where)

    def texts(self, where):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", where)

    def rows(self, label):
        """Cells of each row of the table of that name, by the heading of their column."""
        return self.run("""
            const table = document.querySelector(`table[aria-label="${arguments[0]}"]`);
            const heads = [...table.querySelectorAll("thead th")].map((h) => h.textContent.replace(/ [↑↓]$/, ""));
            return [...table.querySelectorAll("tbody tr")].map((tr) => Object.fromEntries([...tr.children].map((c, i) => [heads[i], c.textContent])));
            """, label)

    def find(self, css):
        return self.driver.find_element("css selector", css)

    def click(self, css):
        self.until("return document.querySelector(arguments[0])?.checkVisibility()", f"{css} is there", css)
        self.find(css).click()

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def type(self, css, text):
        element = self.find(css)
        element.clear()
        element.send_keys(text)

    def focused(self):
        return self.run("const e = document.activeElement; return [e.tagName, e.id, e.textContent.slice(0, 80)]")

    # --- what must never be ------------------------------------------------------------------------------------------

    def complaints(self, expect_status=()):
        """Everything that is wrong with the document so far. `expect_status`: of answers that the test provoked."""
        seen = self.run("return window.__seen")
        found = [f"alert: {a}" for a in seen["alerts"]] + [f"error: {e}" for e in seen["errors"]] + [f"refused: {r}" for r in seen["refused"]]
        found += [f"injected: {e}" for e in self.run(INJECTED)]
        for entry in self.driver.get_log("browser"):
            message = entry["message"]
            if any(f"status of {status} " in message for status in expect_status):
                continue
            found.append(f"console {entry['level']}: {message}")
        return found

    def contrast(self):
        return self.run(CONTRAST)
