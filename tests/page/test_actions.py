"""The actions: what remains is shown first, the token decides, and what was done is what clients then fetch."""

import unittest

from nodes import TOKEN
from scene import SCENE, PageTest, cluster

APP = "act.service"


class Actions(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.node, cls.other = cluster()

    def setUp(self):
        super().setUp()
        for i, zone in enumerate(("sh001", "sh001", "sh002")):
            self.node.register(APP, f"a-{i}", zone=zone)
        # A document of its own: the token of another test is gone.
        self.browser.load(self.node.url, "service", env="prod", appid=APP)
        self.browser.run("sessionStorage.clear()")
        self.open_service()

    def open_service(self):
        self.browser.load(self.node.url, "service", env="prod", appid=APP)
        self.browser.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length === 3 && document.querySelector('#rights').textContent !== ''",
                           "three instances")

    def press(self, action, host):
        self.browser.until("""
            const row = [...document.querySelectorAll('table[aria-label=Instances] tbody tr')].find((r) => r.firstChild.textContent === arguments[1]);
            const button = row?.querySelector(`[data-action=${arguments[0]}]`);
            button?.focus();
            button?.click();
            return button !== null && button !== undefined""", f"{action} of {host}", action, host)
        self.browser.until("return document.querySelector('dialog[open]') !== null", "the dialog")

    def confirm(self):
        self.browser.click("dialog button[type=submit]")

    def give_token(self, token=TOKEN):
        self.browser.type("dialog input[type=password]", token)

    def until_hosts(self, expected):
        for node in (self.node, self.other):
            self.assertEqual(node.until_hosts(APP, expected), expected, node.address)

    def test_drain_up_and_remove(self):
        b = self.browser
        self.assertEqual(b.text("#rights"), "Read-only: enter token")
        self.press("drain", "a-2")
        self.assertEqual(b.texts("dialog table.remains tbody td"), ["3", "2", "1", "0"])
        self.assertIn("No instance remains in service in this zone", b.text("dialog .warning"))
        self.assertEqual(b.text("dialog code"), f"discoveryctl set {APP} a-2 --status waiting --env prod --zone sh002")
        self.assertEqual(self.node.hosts(APP), {"a-0", "a-1", "a-2"}, "nothing is done before it is confirmed")
        self.give_token()
        self.confirm()
        b.until("return !document.querySelector('dialog')", "it is done")
        self.until_hosts({"a-0", "a-1"})
        self.assertEqual(b.text("#rights"), "May act")
        b.until("return [...document.querySelectorAll('table[aria-label=Instances] tbody tr')].find((r) => r.firstChild.textContent === 'a-2').textContent.includes('waiting')",
                "the row says waiting")
        # The token is known now.
        self.press("up", "a-2")
        self.assertEqual(b.texts("dialog table.remains tbody td"), ["2", "3", "0", "1"])
        self.assertEqual(b.text("dialog code"), f"discoveryctl set {APP} a-2 --status up --env prod --zone sh002")
        self.assertFalse(b.run("return document.querySelector('dialog input') !== null"))
        self.confirm()
        b.until("return !document.querySelector('dialog')", "it is done")
        self.until_hosts({"a-0", "a-1", "a-2"})
        self.press("remove", "a-1")
        self.assertEqual(b.texts("dialog table.remains tbody td"), ["3", "2", "2", "1"])
        self.assertEqual(b.text("dialog code"), f"discoveryctl cancel {APP} a-1 --env prod --zone sh001 --yes")
        self.confirm()
        b.until("return !document.querySelector('dialog')", "it is done")
        self.until_hosts({"a-0", "a-2"})
        events = self.node.get("/api/history", env="prod", appid=APP, hostname="a-1", limit=1)["events"]
        self.assertEqual(events[0]["kind"], "cancelled")

    def test_removing_the_last_one_warns(self):
        b = self.browser
        for host, zone in (("a-1", "sh001"), ("a-2", "sh002")):
            self.node.post("cancel", {"env": "prod", "appid": APP, "zone": zone, "hostname": host})
        b.until("return document.querySelectorAll('[data-action=remove]').length === 1", "one is left")
        self.press("remove", "a-0")
        self.assertIn("No instance remains in service: clients get an empty list.", b.text("dialog .warning"))

    def test_a_wrong_token_does_nothing_and_says_so(self):
        b = self.browser
        self.press("remove", "a-0")
        self.give_token("not-the-token-at-all")
        self.confirm()
        b.until("return document.querySelector('dialog [role=alert]').textContent.startsWith('Not done: ')", "the refusal")
        self.assertIn("Is the token right?", b.text("dialog [role=alert]"))
        self.assertEqual(self.node.hosts(APP), {"a-0", "a-1", "a-2"})
        self.expect_status = (403,)
        # A token that is refused is forgotten.
        b.press("\ue00c")
        b.until("return !document.querySelector('dialog')", "Escape closes it")
        self.assertEqual(b.text("#rights"), "Read-only: enter token")
        self.assertEqual(b.run("return sessionStorage.length"), 0)

    def test_leaving_it_does_nothing_and_gives_the_focus_back(self):
        b = self.browser
        self.press("drain", "a-0")
        self.assertTrue(b.run("return document.querySelector('dialog').contains(document.activeElement)"))
        b.press("\ue00c")
        b.until("return !document.querySelector('dialog')", "Escape closes it")
        self.assertEqual(b.run("return document.activeElement.getAttribute('aria-label')"), "Drain a-0")
        self.assertEqual(self.node.hosts(APP), {"a-0", "a-1", "a-2"})

    def test_the_token_can_be_given_and_taken_away_beforehand(self):
        b = self.browser
        b.click("#rights")
        self.give_token()
        self.confirm()
        b.until("return document.querySelector('#rights').textContent === 'May act'", "the rights")
        self.open_service()
        self.assertEqual(b.text("#rights"), "May act", "kept over a reload of the tab")
        b.click("#rights")
        self.give_token("")
        self.confirm()
        b.until("return document.querySelector('#rights').textContent === 'Read-only: enter token'", "the rights")

    def test_the_same_from_the_view_of_the_instance(self):
        b = self.browser
        b.load(self.node.url, "instance", env="prod", appid=APP, zone="sh001", hostname="a-0")
        b.until("return [...document.querySelectorAll('.buttons.left button')].some((e) => e.textContent === 'Drain' && e.checkVisibility())", "the button")
        b.run("[...document.querySelectorAll('.buttons.left button')].find((e) => e.textContent === 'Drain').click()")
        self.give_token()
        self.confirm()
        b.until("return document.querySelector('.record .state')?.textContent === 'waiting'", "its state")
        self.until_hosts({"a-1", "a-2"})

    def test_a_node_without_a_token_file_is_read_only_and_says_how_to_allow(self):
        b = self.browser
        node = SCENE.start(1, with_token=False)[0]
        node.register(APP, "a-0")
        b.load(node.url, "service", env="prod", appid=APP)
        self.press("remove", "a-0")
        b.until("return document.querySelector('dialog .note')", "how to allow it")
        self.assertIn("admin.token_file", b.text("dialog .note"))
        self.assertIn("discoveryctl cancel", b.text("dialog code"))
        self.assertFalse(b.run("return document.querySelector('dialog button[type=submit]') !== null"))
        b.press("\ue00c")
        self.assertEqual(b.text("#rights"), "Read-only")


if __name__ == "__main__":
    unittest.main()
