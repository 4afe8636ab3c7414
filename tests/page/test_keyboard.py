"""Everything by keyboard, and what a screen reader is told."""

import unittest

from scene import PageTest, cluster

TAB = "\ue004"
ENTER = "\ue007"
SHIFT = "\ue008"

VIEWS = {
    "overview": {}, "services": {}, "clients": {}, "cluster": {}, "history": {},
    "service": {"env": "prod", "appid": "key.service"},
    "instance": {"env": "prod", "appid": "key.service", "zone": "sh001", "hostname": "k-0"},
}


class Keyboard(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.node = cluster()[0]
        for i in range(3):
            cls.node.register("key.service", f"k-{i}", version=f"v{9 - i}")

    def test_the_first_stop_skips_to_the_content(self):
        b = self.browser
        b.load(self.node.url, "services")
        b.until("return document.querySelector('tbody tr')", "the table")
        b.press(TAB)
        self.assertEqual(b.focused()[1], "skip")
        self.assertGreaterEqual(b.run("return document.activeElement.getBoundingClientRect().top"), 0, "it is seen when it has the focus")
        b.press(ENTER)
        self.assertEqual(b.focused()[1], "main")
        b.press(TAB)
        self.assertEqual(b.run("return document.activeElement.type"), "search", "the first control of the view")

    def test_a_view_by_keyboard_and_the_focus_goes_to_its_heading(self):
        b = self.browser
        b.load(self.node.url)
        for _ in range(20):
            b.press(TAB)
            if b.focused()[2] == "Clients":
                break
        self.assertEqual(b.focused()[2], "Clients")
        b.press(ENTER)
        b.until("return document.activeElement.tagName === 'H1' && document.activeElement.textContent === 'Clients'", "the heading has the focus")
        self.assertEqual(b.run("return document.title"), "Clients · discoveryd")
        self.assertEqual(b.texts("nav [aria-current=page]"), ["Clients"])

    def test_sorting_by_keyboard(self):
        b = self.browser
        b.load(self.node.url, "service", env="prod", appid="key.service")
        b.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length === 3", "the rows")
        b.run("[...document.querySelectorAll('th button')].find((e) => e.textContent.startsWith('Version')).focus()")
        b.press(ENTER)
        self.assertEqual([r["Instance"] for r in b.rows("Instances")], ["k-2", "k-1", "k-0"])
        self.assertTrue(b.text("th[aria-sort=ascending]").startswith("Version"))
        self.assertIn("Sorted by Version", b.text("#said"))
        b.press(ENTER)
        self.assertEqual([r["Instance"] for r in b.rows("Instances")], ["k-0", "k-1", "k-2"])
        self.assertTrue(b.text("th[aria-sort=descending]").startswith("Version"))
        self.assertTrue(b.focused()[2].startswith("Version"), "the focus stays on the button")

    def test_every_stop_shows_that_it_has_the_focus(self):
        b = self.browser
        for view, params in VIEWS.items():
            with self.subTest(view=view):
                b.load(self.node.url, view, **params)
                b.until("return !document.querySelector('main').textContent.includes('Asking the node')", "its answer")
                seen = []
                for _ in range(40):
                    b.press(TAB)
                    stop = b.run("""
                        const e = document.activeElement; const s = getComputedStyle(e); const r = e.getBoundingClientRect();
                        return [e.tagName, e.id || e.textContent.slice(0, 30), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2, r.width > 0 && r.height > 0];""")
                    if stop[0] == "BODY":
                        break
                    seen.append(stop)
                    self.assertTrue(stop[2], f"no outline: {stop}")
                    self.assertTrue(stop[3], f"no size: {stop}")
                self.assertGreater(len(seen), 8)

    def test_structure(self):
        b = self.browser
        for view, params in VIEWS.items():
            with self.subTest(view=view):
                b.load(self.node.url, view, **params)
                b.until("return !document.querySelector('main').textContent.includes('Asking the node')", "its answer")
                found = b.run("""
                    const name = (e) => (e.getAttribute("aria-label") || e.textContent || (e.labels && e.labels[0]?.textContent) || "").trim();
                    const levels = [...document.querySelectorAll("h1, h2, h3")].filter((e) => e.checkVisibility()).map((e) => +e.tagName[1]);
                    return {
                      lang: document.documentElement.lang,
                      landmarks: ["header", "nav[aria-label]", "main"].map((s) => document.querySelectorAll(s).length),
                      h1: document.querySelectorAll("h1").length,
                      jumps: levels.filter((l, i) => l > (levels[i - 1] ?? 0) + 1),
                      unnamed: [...document.querySelectorAll("button, a, input, select")].filter((e) => e.checkVisibility()).filter((e) => ["INPUT", "SELECT"].includes(e.tagName) ? e.labels.length === 0 : !name(e)).map((e) => e.outerHTML),
                      ids: [...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i),
                      tables: [...document.querySelectorAll(".tablebox table")].filter((t) => !t.getAttribute("aria-label") || [...t.querySelectorAll("thead th")].some((h) => h.scope !== "col" || !h.textContent)).length,
                      live: [...document.querySelectorAll(".banner > p:first-child")].every((e) => e.getAttribute("aria-live") === "polite"),
                      clocks: [...document.querySelectorAll(".banner .clock")].every((e) => e.getAttribute("aria-live") === "off"),
                    };""")
                self.assertEqual(found["lang"], "en")
                self.assertEqual(found["landmarks"], [1, 1, 1])
                self.assertEqual(found["h1"], 1)
                self.assertEqual(found["jumps"], [])
                self.assertEqual(found["unnamed"], [])
                self.assertEqual(found["ids"], [])
                self.assertEqual(found["tables"], 0)
                self.assertTrue(found["live"] and found["clocks"])


if __name__ == "__main__":
    unittest.main()
