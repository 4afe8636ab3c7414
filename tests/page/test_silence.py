"""Mass silence: the banner of self-protection with its countdown, and the brake with its release, on nodes whose leases are
short."""

import unittest

from nodes import TOKEN
from scene import SCENE, PageTest

HOSTS = 12
LEASE = ["renew_interval = \"1s\"", "expire_after = \"3s\"", "sweep_interval = \"1s\""]


class Silence(PageTest):
    def test_self_protection_says_what_it_expects_and_when_it_ends(self):
        b = self.browser
        node = SCENE.start(1, sections={"lease": LEASE})[0]
        for i in range(HOSTS):
            node.register("quiet.service", f"q-{i:02}")
        b.load(node.url)
        b.until("return document.querySelector('.banner.protection').checkVisibility()", "the banner", seconds=90)
        state = node.get("/api/overview")
        self.assertTrue(state["protection"]["active"])
        text = b.text(".banner.protection")
        self.assertIn("Self-protection is on since", text)
        self.assertIn(f"at least {state['protection']['renewals_needed']:,} of {state['protection']['renewals_expected']:,} expected are needed", text)
        b.until("return document.querySelector('.banner.protection').textContent.includes('12 instances past the lease are kept')", "what is held", seconds=20)
        if state["protection"]["first_release_at"]:
            first = b.text(".banner.protection .clock")
            self.assertIn("The first one is taken out in", first)
            b.until("return document.querySelector('.banner.protection .clock').textContent !== arguments[0]", "the countdown counts", first)
        self.assertIn("Self-protection is on", b.text(".verdict.bad"))
        b.show("service", env="prod", appid="quiet.service")
        self.assertTrue(b.run("return document.querySelector('.banner.protection').checkVisibility()"), "in every view")
        b.until_text("The node protects itself")

    def test_the_brake_is_listed_and_released(self):
        b = self.browser
        node = SCENE.start(1, sections={"lease": [*LEASE, "brake = true", 'protect = "uncovered"']})[0]
        for i in range(HOSTS):
            node.register("braked.service", f"b-{i:02}")
        b.load(node.url)
        b.until("return document.querySelector('table[aria-label=\"Held by the brake\"]')?.checkVisibility()", "the brake holds it", seconds=60)
        row = b.rows("Held by the brake")[0]
        self.assertEqual((row["Application"], row["Env"]), ("braked.service", "prod"))
        self.assertEqual(row["Past the lease"], "12 of 12")
        self.assertIn("The brake holds 1 application", b.text(".banner.brake"))
        self.assertEqual(len(node.hosts("braked.service")), HOSTS)
        b.click("button[data-action=release]")
        b.until("return document.querySelector('dialog[open]')", "the dialog")
        self.assertEqual(b.text("dialog code"), "discoveryctl protect release braked.service --env prod")
        self.assertIn("0 of 12 remain", b.text("dialog"))
        b.type("dialog input[type=password]", TOKEN)
        b.click("dialog button[type=submit]")
        b.until("return !document.querySelector('dialog')", "it is done")
        self.assertEqual(node.until_hosts("braked.service", set(), seconds=20), set())
        b.until("return !document.querySelector('.banner.brake').checkVisibility()", "the banner goes")


if __name__ == "__main__":
    unittest.main()
