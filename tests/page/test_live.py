"""What happens is shown without reloading, over the node's events, and nothing that a user holds is lost by it."""

import time
import unittest

from scene import PageTest, cluster


class Live(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.node, cls.other = cluster()
        for i in range(3):
            cls.node.register("live.service", f"l-{i}")

    def test_history_follows_by_events_alone(self):
        """This view asks nothing by itself, so what it shows came because of an event."""
        b = self.browser
        b.load(self.node.url, "history", appid="live.service")
        b.until("return document.querySelectorAll('table[aria-label=Events] tbody tr').length >= 3", "what was before")
        b.until("return document.querySelector('#live-text').textContent === 'live'", "live")
        b.run("window.__same = true")
        for round_ in range(5):
            host = f"fresh-{round_}-{time.monotonic_ns()}"
            begin = time.monotonic()
            self.node.register("live.service", host)
            b.until("return document.querySelector('table[aria-label=Events] tbody tr')?.textContent.includes(arguments[0])", "the event", host)
            self.assertLess(time.monotonic() - begin, 3.0)
        self.assertTrue(b.run("return window.__same"), "the document was loaded again")

    def test_a_change_at_the_other_node_shows_too(self):
        b = self.browser
        b.load(self.node.url, "service", env="prod", appid="live.service")
        b.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length >= 3", "its instances")
        b.run("window.__same = true")
        self.other.register("live.service", "from-the-other", metadata={"from": "the other"})
        b.until("return [...document.querySelectorAll('tbody th')].some((e) => e.textContent === 'from-the-other')", "the instance")
        self.other.post("cancel", {"env": "prod", "appid": "live.service", "zone": "sh001", "hostname": "from-the-other"})
        b.until("return [...document.querySelectorAll('tbody tr')].find((e) => e.firstChild.textContent === 'from-the-other')?.textContent.includes('cancelled')", "the cancel")
        self.assertTrue(b.run("return window.__same"), "the document was loaded again")

    def test_focus_scrolling_and_rows_stay_where_they_are(self):
        b = self.browser
        b.size(1200, 300)
        b.load(self.node.url, "service", env="prod", appid="live.service")
        b.until("return document.querySelectorAll('[data-action=drain]').length >= 3", "its buttons")
        b.run("const e = document.querySelectorAll('[data-action=drain]')[1]; window.__row = e.closest('tr'); window.__button = e; e.focus(); scrollTo(0, 250)")
        top = b.run("return window.__button.getBoundingClientRect().top")
        self.node.register("live.service", "zz-last")
        b.until("return [...document.querySelectorAll('tbody th')].some((e) => e.textContent === 'zz-last')", "the new one")
        self.assertTrue(b.run("return document.activeElement === window.__button && window.__row.isConnected"))
        self.assertAlmostEqual(b.run("return window.__button.getBoundingClientRect().top"), top, delta=2)

    def test_a_hidden_tab_holds_no_connection(self):
        b = self.browser
        b.load(self.node.url, "history")
        b.until("return document.querySelector('#live-text').textContent === 'live'", "live")
        b.run("Object.defineProperty(document, 'hidden', {value: true, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))")
        self.assertEqual(b.text("#live-text"), "paused")
        b.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        b.until("return document.querySelector('#live-text').textContent === 'live'", "live again")
        host = f"after-{time.monotonic_ns()}"
        self.node.register("live.service", host)
        b.until("return document.querySelector('table[aria-label=Events] tbody')?.textContent.includes(arguments[0])", "the event", host)

    def test_an_answer_without_events_has_the_number_to_go_on_from_too(self):
        """Else what happens before the next request would not be told to who has seen nothing yet."""
        status, text = self.node.request("GET", "/api/events")
        self.assertEqual(status, 200)
        self.assertRegex(text, r"\nid: \d+\nevent: ")
        last = text.partition("\nid: ")[2].partition("\n")[0]
        host = f"in-between-{time.monotonic_ns()}"
        self.node.register("live.service", host)
        self.assertIn(host, self.node.request("GET", "/api/events", headers={"Last-Event-ID": last})[1])

    def test_a_client_that_polls_is_counted_as_a_watcher(self):
        b = self.browser
        b.load(self.node.url, "service", env="prod", appid="live.service")
        b.until("return document.querySelectorAll('.fact dd').length === 6", "the facts")
        before = self.node.get("/api/service", env="prod", appid="live.service")["watchers"]
        b.run("""
            const t = JSON.parse(await (await fetch('/discovery/fetch?env=prod&appid=live.service&status=3')).text().then((x) => x.replace(/.*"latest_timestamp":(\\d+)\\}\\}\\s*$/s, '"$1"')));
            window.__poll = new AbortController();
            fetch(`/discovery/polls?env=prod&appid=live.service&hostname=me&latest_timestamp=${t}`, {signal: window.__poll.signal}).catch(() => {});
            """.replace("const t", "(async () => { const t", 1) + " })()")
        b.until("return [...document.querySelectorAll('.fact')].find((f) => f.firstChild.textContent === 'Watchers').lastChild.textContent.startsWith(arguments[0])",
                "one more watcher", str(before + 1), seconds=15)
        b.run("window.__poll.abort()")


if __name__ == "__main__":
    unittest.main()
