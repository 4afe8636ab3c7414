"""The page of a node that answers only who shows a token: it asks for one, sends it with everything, and says what a
token may not see; and the page of a node that is open to all."""

import signal
import unittest

from browser import address
from scene import SCENE, PageTest, cluster
from test_keyboard import ENTER

ESCAPE = "\ue00c"
KEEPER = "keeper-of-everything-1"
READER = "reader-of-everything-2"
SHOP = "team-of-the-shop-only-3"
WRONG = "nobody-knows-this-one-4"
TOKENS = [
    {"name": "keeper", "secret": KEEPER, "grants": [{"rights": ["read", "write", "admin"]}]},
    {"name": "reader", "secret": READER, "grants": [{"rights": ["read"]}]},
    {"name": "shop-team", "secret": SHOP, "grants": [{"rights": ["read", "write", "admin"], "env": "prod", "apps": ["shop."]}]},
]
LEASE = {"lease": ["sweep_interval = \"1h\""]}
CART = {"env": "prod", "appid": "shop.cart"}
VIEWS = {"overview": {}, "services": {}, "clients": {}, "cluster": {}, "history": {}, "service": CART,
         "instance": {**CART, "zone": "sh001", "hostname": "c-0"}}
REFUSED = "This token may not see that: shop-team has not the right to read that."

# What the page asks for, with which fields, and whether it still waits.
RECORD = """
(() => {
  const asked = window.__asked = [];
  const send = window.fetch;
  window.fetch = (url, options) => {
    const fields = new Headers(options?.headers);
    const one = {url: String(url), token: fields.get("Authorization") ?? "", last: fields.get("Last-Event-ID") ?? "", redirect: options?.redirect ?? "", open: true};
    asked.push(one);
    options?.signal?.addEventListener("abort", () => { one.open = false; });
    return send(url, options).then((answer) => {
      one.status = answer.status;
      return answer;
    }).finally(() => { one.open = false; });
  };
})();
"""


class AccessTest(PageTest):
    """Asked for with fetch is noted; each test begins without a token."""

    @classmethod
    def setUpClass(cls):
        cls.script = SCENE.the_browser().command("Page.addScriptToEvaluateOnNewDocument", source=RECORD)["identifier"]

    @classmethod
    def tearDownClass(cls):
        SCENE.the_browser().command("Page.removeScriptToEvaluateOnNewDocument", identifier=cls.script)

    def tearDown(self):
        # A page without a token is refused once, before it asks.
        self.expect_status = (401, *self.expect_status)
        super().tearDown()

    def asked(self, what="/api/"):
        return [a for a in self.browser.run("return window.__asked") if a["url"].startswith(what)]

    def begin(self, node, view="overview", **params):
        """A document without a token, which asks for one."""
        b = self.browser
        b.load(node.url)
        b.run("sessionStorage.clear()")
        b.driver.get_log("browser")  # of what the token of another test may not see
        b.load(node.url, view, **params)
        b.until("return document.querySelector('dialog[open] input[type=password]')", "it asks for a token")

    def give(self, token):
        self.browser.type("dialog input[type=password]", token)
        self.browser.find("dialog input[type=password]").send_keys(ENTER)

    def enter(self, node, token, view="overview", **params):
        self.begin(node, view, **params)
        self.give(token)
        self.browser.until("return !document.querySelector('dialog')", "the token is taken")

    def press(self, action, host):
        self.browser.until("""
            const row = [...document.querySelectorAll('table[aria-label=Instances] tbody tr')].find((r) => r.firstChild.textContent === arguments[1]);
            const button = row?.querySelector(`[data-action=${arguments[0]}]`);
            button?.click();
            return button !== null && button !== undefined""", f"{action} of {host}", action, host)
        self.browser.until("return document.querySelector('dialog[open]') !== null", "the dialog")


class Access(AccessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node = SCENE.start(1, tokens=TOKENS, sections=LEASE)[0]
        for i in range(3):
            cls.node.register("shop.cart", f"c-{i}")
        cls.node.register("other.service", "o-0")

    def until_three(self):
        self.browser.until("return document.querySelectorAll('[data-action=drain]').length === 3", "three in service")

    def go(self, view, **params):
        """To a view that may have no answer."""
        self.browser.run("location.hash = arguments[0]", address(view, **params))

    # --- asking --------------------------------------------------------------------------------------------------------

    def test_without_a_token_it_asks_for_one_and_goes_on_where_it_was(self):
        b = self.browser
        self.begin(self.node, "services", q="shop")
        self.assertEqual(b.text("dialog .warning"), "No token was given, and this node wants one.")
        self.assertIn("access.token_file", b.text("dialog"))
        self.assertTrue(b.run("return document.activeElement.type === 'password'"), "the keyboard is there")
        # Nothing is asked again and again meanwhile: overview, services and events once each, all at the beginning.
        before = [a["url"] for a in self.asked()]
        self.assertEqual(len(before), len(set(before)))
        seen = b.run("return performance.now()")
        b.until("return performance.now() > arguments[0] + 4500", "longer than each pause", seen)
        self.assertEqual([a["url"] for a in self.asked()], before)
        self.assertEqual(b.text("#live-text"), "no events")
        self.assertFalse(b.run("return document.querySelector('.banner.lost').checkVisibility()"), "it is not lost")
        self.give(READER)
        b.until("return !document.querySelector('dialog')", "the token is taken")
        b.until("return document.querySelectorAll('table[aria-label=Services] tbody tr').length === 1", "what was searched")
        self.assertEqual(b.rows("Services")[0]["Application"], "shop.cart")
        self.assertEqual(b.run("return location.hash"), "#/services?q=shop")
        self.assertEqual(b.text("#rights"), "Token given")
        b.until("return document.querySelector('#node').textContent === arguments[0]", "its address", self.node.address)
        # It lasts as long as the tab.
        b.load(self.node.url, "services")
        b.until("return document.querySelector('tbody tr')", "the list")
        self.assertFalse(b.run("return document.querySelector('dialog') !== null"))

    def test_a_wrong_token_is_told(self):
        b = self.browser
        self.begin(self.node)
        self.give(WRONG)
        b.until_text("The node does not know this token", "dialog [role=alert]")
        self.assertEqual(b.run("return sessionStorage.length"), 0)
        self.give("with a blank")
        b.until_text("no blanks", "dialog [role=alert]")
        self.give("")
        b.until_text("No token is given, and this node wants one.", "dialog [role=alert]")
        self.give(READER)
        b.until("return document.querySelector('.verdict.ok')", "the overview")

    def test_who_gives_none_may_do_so_later(self):
        b = self.browser
        self.begin(self.node, "service", **CART)
        b.press(ESCAPE)
        b.until("return !document.querySelector('dialog')", "Escape closes it")
        self.assertIn("This node answers only with a token, and none was given.", b.text(".refused"))
        self.assertEqual(b.text("#rights"), "Enter token")
        for scheme in ("light", "dark"):
            b.colours(scheme)
            self.assertEqual(b.contrast()["bad"], [])
        b.run("document.querySelector('.refused button').focus()")
        b.press(ENTER)
        b.until("return document.querySelector('dialog[open]')", "the dialog")
        self.give(READER)
        self.until_three()

    def test_a_token_that_is_taken_back_is_asked_for_again(self):
        b = self.browser
        node = SCENE.start(1, tokens=TOKENS, sections=LEASE)[0]
        node.register("shop.cart", "c-0")
        self.enter(node, READER, "history", appid="shop.cart", env="prod")
        b.until("return document.querySelectorAll('table[aria-label=Events] tbody tr').length === 1", "what happened")
        node.write_tokens([t for t in TOKENS if t["name"] != "reader"])
        node.process.send_signal(signal.SIGHUP)
        b.until("return document.querySelector('dialog[open]')", "it asks again")
        self.assertEqual(b.text("dialog .warning"), "The node does not know the token that was given.")
        self.assertEqual(b.run("return sessionStorage.length"), 0)
        self.give(KEEPER)
        b.until("return !document.querySelector('dialog')", "the token is taken")
        b.until("return document.querySelectorAll('table[aria-label=Events] tbody tr').length === 1", "what happened")
        self.assertIn("appid=shop.cart", b.run("return location.hash"))
        # And taken away by its owner: that is no cause to ask at once.
        b.click("#rights")
        self.give("")
        b.until("return !document.querySelector('dialog') && document.querySelector('.refused').checkVisibility()", "there is no token")
        self.assertEqual((b.text("#rights"), b.run("return document.querySelector('dialog')")), ("Enter token", None))

    # --- what a token may ----------------------------------------------------------------------------------------------

    def test_a_reader_sees_everything_and_follows_it_but_does_nothing(self):
        b = self.browser
        self.enter(self.node, READER)
        for view, params in VIEWS.items():
            with self.subTest(view):
                b.show(view, **params)
                b.until("return document.querySelector('main').textContent.length > 100", "something to read")
                self.assertFalse(b.run("return document.querySelector('.refused').checkVisibility()"))
                self.assertNotIn("may not see", b.text("main"))
                self.clean_but_401()
        b.show("history", **CART)
        b.until("return document.querySelector('#live-text').textContent === 'live'", "live")
        b.until("return document.querySelectorAll('table[aria-label=Events] tbody tr').length >= 3", "what was before")
        for host in ("live-1", "live-2"):
            self.node.register("shop.cart", host)
            b.until("return document.querySelector('table[aria-label=Events] tbody tr')?.textContent.includes(arguments[0])", "the event", host, seconds=4)
            self.node.post("cancel", {**CART, "zone": "sh001", "hostname": host})
        streams = self.asked("/api/events")
        self.assertTrue(all(a["token"] == "Bearer " + READER for a in streams[1:]), streams)
        self.assertRegex(streams[-1]["last"], r"^\d+$", "it goes on where it ended")
        b.show("service", **CART)
        self.press("drain", "c-0")
        self.assertFalse(b.run("return document.querySelector('dialog input') !== null"), "it has one already")
        b.click("dialog button[type=submit]")
        b.until_text("Not done: reader has not the right to admin that. Another token may", "dialog [role=alert]")
        self.expect_status = (403,)
        b.press(ESCAPE)
        self.assertEqual(self.node.hosts("shop.cart"), {"c-0", "c-1", "c-2"})
        self.assertEqual(b.text("#rights"), "Token given", "it still reads")

    def clean_but_401(self):
        self.assertEqual(self.browser.complaints((401,)), [])

    def test_a_token_of_one_application_sees_that_and_is_told_of_the_rest(self):
        b = self.browser
        self.expect_status = (403,)
        self.enter(self.node, SHOP)
        for view in ("overview", "services", "clients", "cluster"):
            with self.subTest(view):
                self.go(view)
                b.until_text(REFUSED, ".refused")
                self.assertEqual(b.run("return [...document.querySelector('main').children].filter((e) => e.checkVisibility()).length"), 2, "the heading, and that")
        self.assertFalse(b.run("return document.querySelector('.banner.lost').checkVisibility()"))
        self.assertEqual(b.text("#node"), self.node.address)
        for scheme in ("light", "dark"):
            b.colours(scheme)
            self.assertEqual(b.contrast()["bad"], [])
        b.size(320, 700, True)
        self.assertLessEqual(b.run("return document.documentElement.scrollWidth"), 320)
        b.size(1200, 800)
        # What is refused is not asked for every two seconds.
        seen, before = b.run("return performance.now()"), len(self.asked())
        b.until("return performance.now() > arguments[0] + 4500", "longer than each pause", seen)
        self.assertEqual(len(self.asked()), before)
        # From there to what it may see.
        b.type(".refused .field:nth-of-type(1) input", "prod")
        b.type(".refused .field:nth-of-type(2) input", "shop.cart")
        b.press(ENTER)
        self.until_three()
        b.until("return document.querySelectorAll('table[aria-label=\"History of the service\"] tbody tr').length >= 3", "its history")
        b.show("instance", **VIEWS["instance"])
        b.until("return document.querySelector('.record dd') && document.querySelector('.timeline .state') && document.querySelector('.verdict.ok')", "all of an instance")
        self.go("service", env="prod", appid="other.service")
        b.until_text(REFUSED, ".refused")
        b.show("history")
        b.until_text("Env and Application name what it may see", "main .summary")
        self.assertTrue(b.run("return document.querySelector('main form.filters').checkVisibility()"))
        b.type("input[name=env]", "prod")
        b.type("input[name=appid]", "shop.cart")
        b.until("return document.querySelectorAll('table[aria-label=Events] tbody tr').length >= 3", "what it may see")
        # It may not read the events, but what it sees follows.
        self.assertEqual(b.text("#live-text"), "no events")
        self.node.register("shop.cart", "late")
        b.until_text("late", "table[aria-label=Events] tbody tr", seconds=15)
        self.node.post("cancel", {**CART, "zone": "sh001", "hostname": "late"})

    def test_a_token_of_one_application_acts_on_that(self):
        b = self.browser
        self.expect_status = (403,)
        self.enter(self.node, SHOP, "service", **CART)
        self.until_three()
        self.press("drain", "c-2")
        b.click("dialog button[type=submit]")
        b.until("return !document.querySelector('dialog')", "it is done")
        self.assertEqual(self.node.until_hosts("shop.cart", {"c-0", "c-1"}), {"c-0", "c-1"})
        self.press("up", "c-2")
        b.click("dialog button[type=submit]")
        b.until("return !document.querySelector('dialog')", "it is done")
        self.assertEqual(self.node.until_hosts("shop.cart", {"c-0", "c-1", "c-2"}), {"c-0", "c-1", "c-2"})

    # --- where the token goes ------------------------------------------------------------------------------------------

    def test_the_token_is_in_no_address_and_not_in_the_document_and_goes_to_this_node_only(self):
        b = self.browser
        self.enter(self.node, KEEPER)
        for view, params in VIEWS.items():
            b.show(view, **params)
        b.click("#rights")
        b.until("return document.querySelector('dialog[open]')", "the dialog")
        self.assertNotIn(KEEPER, b.run("return document.documentElement.outerHTML"))
        b.press(ESCAPE)
        b.until("return !document.querySelector('dialog')", "Escape closes it")
        self.assertNotIn(KEEPER, b.run("return document.documentElement.outerHTML + location.href + JSON.stringify(history.state) + document.cookie + JSON.stringify(localStorage)"))
        self.assertEqual(b.run("return [...document.querySelectorAll('input')].filter((e) => e.value === arguments[0]).length", KEEPER), 0)
        asked = self.asked("")
        self.assertGreater(len([a for a in asked if a["token"] == "Bearer " + KEEPER]), 8)
        for one in asked:
            self.assertRegex(one["url"], r"^/(api/|healthz$)")
            self.assertNotIn(KEEPER, one["url"])
            self.assertEqual(one["redirect"], "error", one["url"])
        self.assertEqual(b.run("return performance.getEntriesByType('resource').map((e) => e.name).filter((n) => !n.startsWith(location.origin + '/') || n.includes(arguments[0]))", KEEPER), [])
        # Another node is another origin, of which the tab knows no token.
        other = cluster()[0]
        b.load(other.url)
        b.until("return document.querySelector('#rights').textContent === 'Read-only: enter token'", "another node")
        self.assertEqual({a["token"] for a in self.asked("")}, {""})

    def test_one_connection_for_events_and_none_while_hidden(self):
        b = self.browser
        self.enter(self.node, READER, "history")
        waits = "return window.__asked.filter((a) => a.open && a.url === '/api/events').length"
        b.until("return document.querySelector('#live-text').textContent === 'live'", "live")
        for view in ("services", "cluster", "history"):
            b.show(view)
        b.until(waits + " === 1", "one waits")
        self.assertLessEqual(b.run(waits), 1)
        b.run("Object.defineProperty(document, 'hidden', {value: true, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))")
        self.assertEqual((b.run(waits), b.text("#live-text")), (0, "paused"))
        b.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        b.until(waits + " === 1", "one waits again")
        self.assertEqual(b.text("#live-text"), "live")


class Anonymous(AccessTest):
    """Who sends no token may read; a token lets one act."""

    def test_nobody_is_asked_before_an_action(self):
        b = self.browser
        node = SCENE.start(1, tokens=[*TOKENS, {"name": "anonymous", "grants": [{"rights": ["read"]}]}], sections=LEASE)[0]
        for i in range(3):
            node.register("shop.cart", f"c-{i}")
        b.load(node.url, "service", **CART)
        b.until("return document.querySelectorAll('[data-action=drain]').length === 3 && document.querySelector('#rights').textContent === 'Enter token'", "three in service")
        self.assertFalse(b.run("return document.querySelector('dialog') !== null"))
        self.press("drain", "c-0")
        self.assertEqual(b.text("dialog label"), "Token")
        self.assertNotIn("admin.token_file", b.text("dialog"))
        self.give(WRONG)
        b.until_text("Not done: that is no token of this node. Is the token right?", "dialog [role=alert]")
        self.assertEqual(b.run("return sessionStorage.length"), 0)
        self.give(READER)
        b.until_text("Not done: reader has not the right to admin that", "dialog [role=alert]")
        self.give(KEEPER)
        b.until("return !document.querySelector('dialog')", "it is done")
        self.assertEqual(node.until_hosts("shop.cart", {"c-1", "c-2"}), {"c-1", "c-2"})
        b.until_text("waiting", "table[aria-label=Instances] tbody tr")
        self.expect_status = (403,)


class Open(PageTest):
    BANNER = "No access control: whoever reaches {} may read and write everything (access.required)."

    def shown(self):
        return self.browser.run("return [...document.querySelectorAll('.banner')].filter((e) => e.checkVisibility()).map((e) => e.className)")

    def test_a_node_that_is_open_to_all_says_so_below_what_is_worse(self):
        b = self.browser
        node = SCENE.start(1, host="0.0.0.0")[0]
        b.load(node.url)
        b.until("return document.querySelector('.banner.open').checkVisibility()", "the banner")
        port = node.address.rpartition(":")[2]
        self.assertEqual(b.text(".banner.open p"), self.BANNER.format("0.0.0.0:" + port))
        self.assertEqual(self.shown(), ["banner open"])
        order, grounds = b.run("""
            for (const e of document.querySelectorAll(".banner")) e.hidden = false;
            const all = [...document.querySelectorAll(".banner")];
            return [all.map((e) => e.className.split(" ")[1]), [".banner.protection", ".banner.open"].map((c) => getComputedStyle(document.querySelector(c)).backgroundColor)]""")
        self.assertEqual(order[-1], "open")
        self.assertNotEqual(*grounds)
        b.size(320, 700, True)
        self.assertLessEqual(b.run("return document.documentElement.scrollWidth"), 320)

    def test_one_that_only_this_machine_reaches_does_not(self):
        b = self.browser
        b.load(cluster()[0].url)
        b.until("return document.querySelector('.verdict')", "the overview")
        self.assertEqual(self.shown(), [])


class OpenNoMore(AccessTest):
    def test_with_access_control_nothing_is_open(self):
        b = self.browser
        node = SCENE.start(1, host="0.0.0.0", tokens=TOKENS)[0]
        self.enter(node, READER)
        b.until("return document.querySelector('.verdict')", "the overview")
        self.assertFalse(b.run("return document.querySelector('.banner.open').checkVisibility()"))


if __name__ == "__main__":
    unittest.main()
