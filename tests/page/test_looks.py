"""Readable on a phone, in the light and in the dark."""

import hashlib
import os
import re
import unittest

from attacks import ATTACKS
from scene import PageTest, cluster
from test_keyboard import VIEWS

LONG = "x" * 1000
WEB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "web")


class Looks(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.node = cluster()[0]
        for i in range(3):
            cls.node.register("key.service", f"k-{i}", status=1 + i % 2, metadata={"a": "b"})
        for text in ATTACKS:
            cls.node.register("attacked.service", text, zone=text, version=text, addrs=[text], metadata={text: text})
        cls.node.register(LONG, LONG, env=LONG, zone=LONG, region=LONG, version=LONG, addrs=[LONG], metadata={LONG: LONG})

    def each_view(self):
        yield from VIEWS.items()
        yield "service", {"env": "prod", "appid": "attacked.service"}
        yield "service", {"env": LONG, "appid": LONG}
        yield "instance", {"env": LONG, "appid": LONG, "zone": LONG, "hostname": LONG}
        yield "history", {"appid": LONG}
        yield "services", {"q": LONG[:50]}

    def answered(self, view, params):
        self.browser.load(self.node.url, view, **params)
        self.browser.until("return !document.querySelector('main').textContent.includes('Asking the node')", f"{view} has its answer")

    def test_no_view_scrolls_sideways(self):
        b = self.browser
        for width, mobile in ((375, True), (320, True), (768, False), (1200, False)):
            b.size(width, 800, mobile)
            for view, params in self.each_view():
                with self.subTest(width=width, view=view):
                    self.answered(view, params)
                    wide = b.run("return document.documentElement.scrollWidth")
                    self.assertLessEqual(wide, width, b.run("""
                        return [...document.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, nav"))
                          .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""))

    def test_a_dialog_fits_a_phone(self):
        b = self.browser
        b.size(375, 700, True)
        self.answered("service", {"env": LONG, "appid": LONG})
        b.run("document.querySelector('[data-action=remove]').click()")
        b.until("return document.querySelector('dialog[open]')", "the dialog")
        box = b.run("const r = document.querySelector('dialog').getBoundingClientRect(); return [r.left, r.right, r.top, r.bottom, document.querySelector('dialog').scrollWidth, document.querySelector('dialog').clientWidth]")
        self.assertGreaterEqual(box[0], 0)
        self.assertLessEqual(box[1], 375)
        self.assertLessEqual(box[3], 700)
        self.assertLessEqual(box[4], box[5])

    def test_on_a_phone_each_value_has_its_label(self):
        b = self.browser
        b.size(375, 800, True)
        self.answered("service", {"env": "prod", "appid": "key.service"})
        b.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length === 3", "the rows")
        labels = b.run("""return [...document.querySelector("table[aria-label=Instances] tbody tr").children].filter((c) => c.textContent)
            .map((c) => getComputedStyle(c, "::before").content)""")
        for label in ("Zone: ", "State: ", "Version: "):
            self.assertTrue(any(label.strip() in text for text in labels), labels)

    def test_contrast_in_both_themes(self):
        b = self.browser
        for scheme in ("light", "dark"):
            b.colours(scheme)
            for view, params in self.each_view():
                with self.subTest(scheme=scheme, view=view):
                    self.answered(view, params)
                    found = b.contrast()
                    self.assertGreater(found["looked"], 15)
                    self.assertEqual(found["bad"], [])
            self.answered("service", {"env": "prod", "appid": "key.service"})
            b.until("return document.querySelector('[data-action=remove]')", "a button")
            b.run("document.querySelector('[data-action=remove]').click()")
            self.assertEqual(b.contrast()["bad"], [])

    def test_the_states_keep_their_contrast(self):
        """Colours that only trouble brings out, on elements made for this."""
        b = self.browser
        for scheme in ("light", "dark"):
            b.colours(scheme)
            self.answered("overview", {})
            b.run("""
                const main = document.querySelector("main");
                for (const kind of ["ok", "warn", "bad"]) {
                  const p = document.createElement("p"); p.className = "verdict " + kind; p.textContent = "verdict";
                  const s = document.createElement("span"); s.className = "state " + kind; s.textContent = "state"; p.append(s);
                  main.append(p, s.cloneNode(true));
                }
                for (const b of document.querySelectorAll(".banner")) { b.hidden = false; b.firstChild.textContent = "banner"; }
                for (const c of ["warning", "note", "bad"]) { const p = document.createElement("p"); p.className = c; p.textContent = c; main.append(p); }""")
            found = b.contrast()
            self.assertIn("banner", b.text("#banners"))
            self.assertEqual(found["bad"], [], scheme)

    def test_dark_and_light_follow_the_system_and_the_switch(self):
        b = self.browser
        ground = "return getComputedStyle(document.body).backgroundColor"
        b.colours("light")
        b.load(self.node.url)
        b.run("localStorage.clear()")
        b.load(self.node.url)
        light = b.run(ground)
        b.colours("dark")
        dark = b.run(ground)
        self.assertNotEqual(light, dark)
        self.assertEqual(b.text("#theme"), "Theme: auto")
        b.click("#theme")
        self.assertEqual((b.text("#theme"), b.run(ground)), ("Theme: light", light), "the switch overrules a dark system")
        b.load(self.node.url)
        self.assertEqual((b.text("#theme"), b.run(ground)), ("Theme: light", light), "it is kept")
        b.click("#theme")
        b.colours("light")
        self.assertEqual((b.text("#theme"), b.run(ground)), ("Theme: dark", dark), "and a light one")
        b.click("#theme")
        self.assertEqual((b.text("#theme"), b.run(ground)), ("Theme: auto", light))


class Vendored(unittest.TestCase):
    """The plot library is what its note says it is."""

    def test_checksums(self):
        folder = os.path.join(WEB, "vendor", "uplot")
        with open(os.path.join(folder, "README.md"), encoding="utf-8") as f:
            sums = dict(re.findall(r"\| (\S+) \| ([0-9a-f]{64}) \|", f.read()))
        self.assertEqual(set(sums), {n for n in os.listdir(folder) if n not in ("README.md", "LICENSE")})
        for name, expected in sums.items():
            with open(os.path.join(folder, name), "rb") as f:
                self.assertEqual(hashlib.sha256(f.read()).hexdigest(), expected, name)


if __name__ == "__main__":
    unittest.main()
