"""What each view tells is what the node knows."""

import json
import os
import re
import signal
import unittest

from addresses import free_addresses
from etcd_call import grant, put
from scene import SCENE, PageTest, cluster


def number(text):
    return int(re.sub(r"[^0-9]", "", text))


class Views(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.node, cls.other = cluster()
        for i in range(5):
            cls.node.register("shop.cart", f"cart-{i}", zone="sh001" if i < 3 else "sh002", status=2 if i == 4 else 1, version=f"v{i}",
                              addrs=[f"http://10.0.0.{i}:80", f"grpc://10.0.0.{i}:90"], metadata={"weight": str(10 + i), "cluster": "blue"})
        cls.node.register("shop.users", "users-0")
        cls.node.register("shop.users", "users-0", env="uat")
        cls.node.register("weighted.service", "w-0")
        cls.node.post("set", {"env": "prod", "appid": "shop.cart", "zone": "sh001", "hostname": "cart-0", "metadata": '{"weight":"77"}'})
        cls.node.post("cancel", {"env": "prod", "appid": "shop.users", "zone": "sh001", "hostname": "users-0"})

    def test_overview(self):
        b = self.browser
        b.load(self.node.url)
        b.until("return document.querySelectorAll('table[aria-label=Nodes] tbody tr').length === 2", "both nodes")
        b.until_text("All is well: 2 of 2 nodes are in touch and agree.", seconds=40)
        self.assertEqual(b.text("#node"), self.node.address)
        rows = {r["Node"]: r for r in b.rows("Nodes")}
        self.assertEqual(rows[self.node.address]["Health"], "this node")
        self.assertEqual(rows[self.other.address]["Health"], "in touch")
        self.assertEqual(rows[self.other.address]["Differs in"], "0")
        facts = dict(zip(b.texts(".fact dt"), b.texts(".fact dd")))
        state = self.node.get("/api/overview")
        self.assertTrue(facts["Applications"].startswith(f"{state['applications']:,}"), facts)
        self.assertTrue(facts["Instances"].startswith(f"{state['instances']:,}"), facts)
        self.assertIn(f"zone {state['zone']}, env prod; discoveryd {state['version']}", b.text(".about"))
        b.until("return [...document.querySelectorAll('table[aria-label=\"Most changed applications\"] tbody tr')].some((r) => r.textContent.includes('shop.cart'))",
                "changes are counted")
        b.until("return document.querySelectorAll('.plot canvas').length >= 6", "the plots are drawn", seconds=30)
        self.assertEqual(b.run("return [...document.querySelectorAll('.plot')].filter((p) => !p.querySelector('h3').textContent).length"), 0)

    def test_overview_names_a_node_that_is_down(self):
        b = self.browser
        one, two = SCENE.start(2)
        b.load(one.url)
        b.until_text("All is well", seconds=40)
        two.process.send_signal(signal.SIGKILL)
        two.process.wait()
        b.until_text(f"{two.address} does not answer", ".verdict.bad", seconds=60)
        self.assertIn({r["Node"]: r["Health"] for r in b.rows("Nodes")}[two.address],
                      ["down nobody listens there", "down the connection broke, or what answers there is no node"])
        one.process.send_signal(signal.SIGKILL)
        one.process.wait()
        b.until("return document.querySelector('.banner.lost').checkVisibility()", "the banner of a lost node")
        self.assertIn("The node has not answered since", b.text(".banner.lost"))
        # What failed is what the test ended; nothing else may be noted.
        wrong = [c for c in b.complaints() if "ERR_CONNECTION" not in c and "ERR_EMPTY_RESPONSE" not in c and "ERR_INCOMPLETE_CHUNKED" not in c]
        self.assertEqual(wrong, [])

    def test_services(self):
        b = self.browser
        b.load(self.node.url, "services", q="shop.")
        b.until("return document.querySelectorAll('table[aria-label=Services] tbody tr').length >= 2", "they are listed")
        rows = {(r["Application"], r["Env"]): r for r in b.rows("Services")}
        cart = rows["shop.cart", "prod"]
        self.assertEqual((cart["Instances"], cart["In service"], cart["Waiting"]), ("5", "4", "1"))
        self.assertEqual(cart["Zones"].split(), ["sh001", "3", "sh002", "2"])
        self.assertRegex(cart["Last change"], r"\d\d:\d\d:\d\d$")
        # The filters, as they are typed.
        b.type("input[list=envs]", "uat")
        b.until("return document.querySelectorAll('table[aria-label=Services] tbody tr').length === 1", "one of that environment")
        self.assertEqual(b.rows("Services")[0]["Application"], "shop.users")
        self.assertIn("env=uat", b.run("return location.hash"))
        b.type("input[list=envs]", "prod")
        b.type("input[list=zones]", "sh002")
        b.until("return document.querySelectorAll('table[aria-label=Services] tbody tr').length === 1 && document.querySelector('tbody th').textContent === 'shop.cart'",
                "one in that zone")
        b.type("input[type=search]", "no such thing")
        b.until("return document.querySelector('.empty').checkVisibility()", "none")
        self.assertIn("No application matches", b.text("main"))
        # Watchers are counted.
        state = self.node.get("/api/services", q="shop.cart")["services"][0]
        self.assertEqual(cart["Watchers"], str(state["watchers"]))

    def test_services_sort_by_what_the_button_says(self):
        b = self.browser
        b.load(self.node.url, "services", q="shop.")
        b.until("return document.querySelectorAll('tbody tr').length >= 2", "they are listed")
        b.run("[...document.querySelectorAll('th button')].find((e) => e.textContent.startsWith('Instances')).click()")
        b.until("return document.querySelector('th[aria-sort=descending]')?.textContent.startsWith('Instances') && document.querySelector('tbody th').textContent === 'shop.cart'",
                "the largest first")

    def test_service(self):
        b = self.browser
        for i in range(5):
            self.node.post("renew", {"env": "prod", "appid": "shop.cart", "zone": "sh001" if i < 3 else "sh002", "hostname": f"cart-{i}"})
        b.load(self.node.url, "service", env="prod", appid="shop.cart")
        b.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length === 5", "its instances")
        facts = dict(zip(b.texts(".fact dt"), b.texts(".fact dd")))
        self.assertEqual((facts["In service"], facts["Waiting"]), ("4", "1"))
        rows = {r["Instance"]: r for r in b.rows("Instances")}
        self.assertEqual(rows["cart-4"]["State"], "waiting")
        self.assertEqual(rows["cart-1"]["Addresses"], "http://10.0.0.1:80grpc://10.0.0.1:90")
        self.assertIn("weight = 77", rows["cart-0"]["Metadata"])
        self.assertRegex(rows["cart-1"]["Last renewal"], r"^\d+ s of 1 min 30 s$")
        width = b.run("return parseFloat(document.querySelector('.filled').style.width)")
        self.assertTrue(0 <= width <= 100, width)
        self.assertIn("set", b.text("table[aria-label='History of the service']"))
        # A bar grows without another answer of the node.
        b.until("return parseInt(document.querySelector('.age').textContent) > arguments[0]", "its age grows", int(b.text(".age").split()[0]))
        b.type("main input[type=search]", "cart-3")
        b.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length === 1", "the filter")
        b.type("main input[type=search]", "10.0.0.2:80")
        b.until("return document.querySelector('table[aria-label=Instances] tbody th')?.textContent === 'cart-2'", "the filter sees addresses")

    def test_service_shows_the_weights_of_its_scheduler(self):
        b = self.browser
        b.load(self.node.url, "service", env="prod", appid="weighted.service")
        b.until("return document.querySelector('table.plain')", "the weights")
        weights = dict(zip(b.texts("table.plain tbody th"), [t.strip() for t in b.texts("table.plain tbody td")]))
        self.assertEqual(weights, {"sh001": "sh001 10 sh002 2", "<b>sh002</b>": "<i>sh002 7"})

    def test_instance_time_line_explanation_and_record(self):
        b = self.browser
        b.load(self.node.url, "instance", env="prod", appid="shop.cart", zone="sh001", hostname="cart-0")
        b.until("return document.querySelectorAll('.timeline .state').length >= 2", "its time line")
        line = b.texts(".timeline li")
        self.assertIn("set", line[0])
        self.assertIn("registered", line[-1])
        self.assertIn("127.0.0.1", line[-1])
        b.until("return document.querySelector('.verdict.ok')", "visible")
        explained = self.node.get("/api/explain", env="prod", appid="shop.cart", hostname="cart-0", zone="sh001", client_zone="sh002", status=1)
        self.assertFalse(explained["visible"])
        b.type("input[list=client-zones]", "sh002")
        b.click("form.filters button")
        b.until("return document.querySelector('.verdict.bad')", "not visible from there")
        self.assertEqual(b.text(".verdict.bad"), "Not visible: " + explained["summary"].removeprefix("not visible: "))
        self.assertEqual(len(b.texts(".verdicts li")), len(explained["verdicts"]))
        self.assertIn("discoveryctl explain shop.cart cart-0 --env prod --from sh002", b.texts(".command code"))
        # The record, with all digits of its timestamps.
        found = next(i for i in self.node.get("/api/service", env="prod", appid="shop.cart")["instances"] if i["hostname"] == "cart-0")
        record = b.texts("main section:last-of-type pre")[0]
        self.assertIn(f'"reg_timestamp": {found["reg_timestamp"]}', record)
        self.assertIn('"weight": "77"', record)
        self.assertEqual(record.splitlines()[0], "{")

    def test_an_instance_made_from_a_key_says_so_and_has_its_own_lease(self):
        b = self.browser
        [etcd] = free_addresses(1)
        [node] = SCENE.start(1, sections={"etcd": [f'listen = "{etcd}"']})
        grant(etcd, 0x4D2, 600)
        put(etcd, "/rpcx/Arith/tcp@10.0.0.4:8972", "weight=10", 0x4D2)
        put(etcd, "nmid/<b>w</b>", '{"ToUpper":["10.0.0.5:6808"]}')
        leased = {"env": "prod", "appid": "Arith", "zone": "sh001", "hostname": "tcp@10.0.0.4:8972"}
        b.load(node.url, "instance", **leased)
        b.until_text("key of etcd, layout rpcx: /rpcx/Arith/tcp@10.0.0.4:8972, lease 00000000000004d2", "dl.record")
        self.assertIn("of 10 min", b.text("dl.record .lease"))
        b.until_text("registered by key /rpcx/Arith/tcp@10.0.0.4:8972 of etcd (layout rpcx), lease of 600 s", ".verdicts")
        b.load(node.url, "service", env="prod", appid="ToUpper")
        b.until_text("no lease: it stays until its key is deleted", "table[aria-label=Instances]")
        b.load(node.url, "instance", env="prod", appid="ToUpper", zone="sh001", hostname="<b>w</b>@10.0.0.5:6808")
        b.until_text("key of etcd, layout nmid: nmid/<b>w</b>", "dl.record")
        b.until_text("without a lease", ".verdicts")

    def test_an_instance_that_was_cancelled_says_by_whom(self):
        b = self.browser
        b.load(self.node.url, "instance", env="prod", appid="shop.users", zone="sh001", hostname="users-0")
        b.until("return document.querySelector('.verdict.bad') && document.querySelectorAll('.timeline .state').length >= 2", "the answers")
        self.assertIn("cancelled", b.text(".verdict.bad"))
        self.assertIn("cancelled", b.texts(".timeline li")[0])
        self.assertIn("127.0.0.1", b.texts(".timeline li")[0])

    def test_clients(self):
        b = self.browser
        b.load(self.node.url, "clients")
        b.until("return document.querySelector('table[aria-label=Clients] tbody tr')", "a client")
        row = next(r for r in b.rows("Clients") if r["Address"] == "127.0.0.1")
        client = next(c for c in self.node.get("/api/clients")["clients"] if c["address"] == "127.0.0.1")
        self.assertTrue(0 < number(row["Requests"]) <= client["requests"], row)
        self.assertTrue(0 < number(row["Registers, of them the same"].split(", ")[0]) <= client["registers"], row)

    def test_clients_names_one_that_is_slowed_and_the_rule(self):
        b = self.browser
        node = SCENE.start(1)[0]
        form = "env=prod&appid=no.such&zone=sh001&hostname=ghost"
        for _ in range(80):
            node.request("POST", "/discovery/renew", form, {"Content-Type": "application/x-www-form-urlencoded"})
            if node.get("/api/overview")["slowed_clients"] > 0:
                break
        b.load(node.url, "clients", show="slowed")
        b.until("return document.querySelector('table[aria-label=Clients] tbody tr')", "the offender")
        row = b.rows("Clients")[0]
        self.assertIn("renew_loop", row["Slowed by the shield"])
        self.assertIn("renews what is not registered", row["Slowed by the shield"])
        b.load(node.url)
        b.until_text("slowed by the shield", ".verdict")

    def test_cluster_compares(self):
        b = self.browser
        b.load(self.node.url, "cluster")
        b.until("return document.querySelectorAll('table[aria-label=Nodes] tbody tr').length === 2 && document.querySelector('main select').options.length === 1", "the nodes")
        self.assertIn(f"discoveryctl diff {self.node.address} {self.other.address}", b.texts(".command code"))
        b.until("""if (document.querySelector('main .summary').textContent.startsWith('Equal: ')) return true;
                   document.querySelector('main form button').click();""", "equal, once all is told", seconds=20)
        records = self.node.get("/api/overview")["records"]
        self.assertIn(f"Equal: {records:,} records here and there.", b.text("main .summary"))

    def test_cluster_lists_what_differs(self):
        """A planted answer, with names that no page may run: two nodes that agree within milliseconds give none of their own."""
        b = self.browser
        evil = "<img src=x onerror=alert(1)>"
        there = {"state": "cancelled", "status": 1, "version_number": {"t": 1764380000123456789, "node": 2}}
        here = {"state": "visible", "status": 2, "version_number": {"t": 1764380000123456789, "node": 1}}
        key = {"env": "prod", "appid": "shop.cart", "zone": "sh001"}
        answer = {"node": self.node.address, "with": self.other.address, "at": 1764380000123456789, "equal": False, "records_here": 7, "records_there": 1006,
                  "more": True, "differences": [{**key, "hostname": evil, "kind": "missing_there", "here": here, "there": None},
                                                {**key, "hostname": "h-2", "kind": "missing_here", "here": None, "there": there},
                                                {**key, "hostname": "h-3", "kind": "different", "here": here, "there": there}]}
        b.load(self.node.url, "cluster")
        b.until("return document.querySelector('main select').options.length === 1", "the other node")
        b.run("""
            const real = window.fetch, text = arguments[0];
            window.fetch = (url, options) => String(url).startsWith("/api/compare?with=") ? Promise.resolve(new Response(text)) : real(url, options);
            document.querySelector("main form button").click();""", json.dumps(answer))
        b.until("return document.querySelectorAll('table[aria-label=Differences] tbody tr').length === 3", "the differences")
        self.assertIn("3 differences and more among 7 records here and 1,006 there", b.text("main .summary"))
        rows = {r["Instance"]: (r["Difference"], r["Here"].split(" of ")[0], r["There"].split(" of ")[0]) for r in b.rows("Differences")}
        self.assertEqual(rows, {evil: ("missing there", "visible, waiting", "not there"), "h-2": ("missing here", "not there", "cancelled"),
                                "h-3": ("different", "visible, waiting", "cancelled")})

    def test_history_filters_and_pages(self):
        b = self.browser
        for i in range(130):
            self.node.register("paged.service", f"p-{i:03}")
        b.load(self.node.url, "history", appid="paged.service")
        b.until("return document.querySelectorAll('table[aria-label=Events] tbody tr').length === 100", "a page")
        first = [r["Instance"] for r in b.rows("Events")]
        self.assertEqual(first, [f"p-{i:03}" for i in range(129, 29, -1)])
        b.run("[...document.querySelectorAll('.pager button')].find((e) => e.textContent === 'Older').click()")
        b.until("return document.querySelectorAll('table[aria-label=Events] tbody tr').length === 30", "the rest")
        self.assertEqual([r["Instance"] for r in b.rows("Events")], [f"p-{i:03}" for i in range(29, -1, -1)])
        b.run("[...document.querySelectorAll('.pager button')].find((e) => e.textContent === 'Newer').click()")
        b.until("return document.querySelectorAll('table[aria-label=Events] tbody tr').length === 100", "the first page again")
        b.run("const s = document.querySelector('select[name=kind]'); s.value = 'cancelled'; s.dispatchEvent(new Event('input', {bubbles: true}))")
        b.until("return document.querySelector('.empty').checkVisibility()", "no cancel of it")
        b.type("input[name=since]", "yesterday")
        b.until_text("not a time")
        self.expect_status = (400,)

    def test_a_page_without_the_node_says_so(self):
        b = self.browser
        node = SCENE.start(1)[0]
        b.load(node.url, "services")
        b.until("return document.querySelector('main .summary').textContent.includes('application')", "an answer")
        os.kill(node.process.pid, signal.SIGSTOP)
        try:
            b.run("location.hash = '#/history'")
            b.until("return document.querySelector('.banner.lost')?.checkVisibility()", "the banner", seconds=40)
        finally:
            os.kill(node.process.pid, signal.SIGCONT)
        b.until("return !document.querySelector('.banner.lost').checkVisibility()", "it is back", seconds=40)


if __name__ == "__main__":
    unittest.main()
