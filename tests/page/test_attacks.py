"""Everything a client can write stays text, in every view and every field."""

import unittest

from attacks import ATTACKS, shown
from scene import PageTest, cluster


class Attacks(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.node = cluster()[0]
        for text in ATTACKS:
            cls.node.register(text, text, env=text, zone=text, region=text, version=text, addrs=[text], metadata={text: text})
        # One application whose instances carry all of them.
        for text in ATTACKS:
            cls.node.register("attacked.service", text, zone=text, version=text, addrs=[text], metadata={text: text})

    def test_services_show_each_as_text(self):
        b = self.browser
        b.load(self.node.url, "services")
        for text in ATTACKS:
            with self.subTest(text=text[:40]):
                b.show("services", q=text)
                b.until("return [...document.querySelectorAll('tbody th')].some((e) => e.textContent === arguments[0])", "it is listed", shown(text))
                row = next(r for r in b.rows("Services") if r["Application"] == shown(text))
                self.assertEqual(row["Env"], shown(text))
                self.assertEqual(row["Zones"].strip(), shown(text) + " 1")
                self.clean()

    def test_a_service_and_an_instance_show_each_field_as_text(self):
        b = self.browser
        b.load(self.node.url, "services")
        for text in ATTACKS:
            with self.subTest(text=text[:40]):
                b.show("service", env=text, appid=text)
                b.until("return document.querySelector('table[aria-label=Instances] tbody tr')", "its instance is listed")
                self.assertEqual(b.text("h1"), f"{shown(text)} {text if shown(text) == text else shown(text)}")
                row = b.rows("Instances")[0]
                for column in ("Instance", "Zone", "Version", "Addresses"):
                    self.assertEqual(row[column], shown(text), column)
                self.assertEqual(row["Metadata"], f"{shown(text)} = {shown(text)}")
                self.clean()
                # By the link, as a user goes there.
                b.click("table[aria-label=Instances] tbody th a")
                b.until("return document.querySelector('.record dd') && document.querySelector('.timeline .state')", "the record and its history")
                self.assertEqual(b.text("h1"), shown(text))
                fields = dict(zip(b.texts(".record dt"), b.texts(".record dd")))
                for field in ("Zone", "Region", "Version", "Addresses"):
                    self.assertEqual(fields[field], shown(text), field)
                self.assertEqual(fields["Metadata"], f"{shown(text)} = {shown(text)}")
                b.until("return document.querySelector('.verdict.ok')", "explain finds it visible")
                self.clean()

    def test_history_shows_each_as_text(self):
        b = self.browser
        b.load(self.node.url, "history")
        for text in ATTACKS:
            with self.subTest(text=text[:40]):
                b.show("history", env=text, appid=text)
                row = b.until("return document.querySelector('table[aria-label=Events] tbody tr') !== null", "an event") and b.rows("Events")[0]
                self.assertEqual(row["Application"], f"{shown(text)} / {shown(text)}")
                self.assertEqual(row["Instance"], shown(text))
                self.assertEqual(row["Zone"], shown(text))
                self.clean()

    def test_all_of_them_in_one_service(self):
        b = self.browser
        b.load(self.node.url, "service", env="prod", appid="attacked.service")
        b.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length === arguments[0]", "all are listed", len(ATTACKS))
        self.assertEqual({r["Instance"] for r in b.rows("Instances")}, {shown(t) for t in ATTACKS})
        self.clean()

    def test_each_view_without_a_question(self):
        for view in ("overview", "services", "clients", "cluster", "history"):
            self.browser.load(self.node.url, view)
            self.browser.until("return document.querySelector('main').textContent.length > 100", view)
            self.clean()

    def test_the_address_is_no_way_in_either(self):
        b = self.browser
        for text in ATTACKS:
            b.load(self.node.url, "service", env="prod", appid=text + "?", filter=text)
            b.until_text("does not know the application")
            self.assertEqual(b.text("h1"), f"{shown(text)}? prod")
            b.load(self.node.url, "instance", env=text, appid="none", zone=text, hostname=text)
            b.until_text("does not know the application")
            self.clean()

    def setUp(self):
        super().setUp()
        if "address" in self.id():
            self.expect_status = (404,)

    def test_the_dialog_of_an_action_shows_it_as_text(self):
        b = self.browser
        b.load(self.node.url, "services")
        for text in ATTACKS:
            with self.subTest(text=text[:40]):
                b.show("service", env=text, appid=text)
                b.click("button[data-action=remove]")
                b.until("return document.querySelector('dialog[open] code')", "the dialog")
                self.assertIn(shown(text), b.text("dialog"))
                self.clean()
                b.click("dialog button[type=button]:not(.small)")
                b.until("return !document.querySelector('dialog')", "it is gone")


if __name__ == "__main__":
    unittest.main()
