"""The pictures of docs/screenshots: three nodes with something to see on them, in the light, 1200 x 800."""

import json
import os
import subprocess
import threading
import time
import urllib.request

from nodes import TOKEN, form_text
from scene import SCENE

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "screenshots")
BYTES_MAX = 150 * 1024
SAMPLES_SECONDS = 150  # a sample every ten seconds: enough for lines in the plots
APPS = ["cart", "catalogue", "checkout", "delivery", "identity", "invoices", "mail", "orders", "payments", "pictures", "prices", "reviews",
        "search", "stock", "users", "vouchers"]
ZONES = ["sh001", "sh002", "sh003"]
SCHEDULER = {"cart.json": {"app_id": "shop.cart", "env": "prod", "remark": "",
                           "clients": {"sh001": {"zones": {"sh001": {"weight": 10}, "sh002": {"weight": 2}}},
                                       "sh002": {"zones": {"sh002": {"weight": 10}, "sh001": {"weight": 2}}}}}}


def instances():
    """(application, host, zone) of each."""
    for a, app in enumerate(APPS):
        for i in range(4 + a * 5 % 9):
            yield f"shop.{app}", f"{app}-{i}", ZONES[i % 3]


def team():
    """The same, of many small applications."""
    for i in range(60):
        for k in range(3):
            yield f"team-{i % 10}.worker-{i:03}", f"w-{k}", ZONES[k]


def register(node, app, host, zone, version="v1.4.2", status=1):
    number = sum(map(ord, host)) % 200
    node.register(app, host, zone=zone, version=version, status=status, addrs=[f"http://10.1.4.{number}:8000", f"grpc://10.1.4.{number}:9000"],
                  metadata={"weight": "10", "cluster": "blue"})


class Life(threading.Thread):
    """Renewals, registers and cancels, so that there is something to plot; each node has a connection of its own here."""

    def __init__(self, nodes):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.over = threading.Event()

    def run(self):
        turn = 0
        shop = list(instances())
        everything = shop + list(team())
        while not self.over.wait(0.5):
            turn += 1
            for n, (app, host, zone) in enumerate(everything):
                if (n + turn) % 20 == 0:
                    self.nodes[n % 3].post("renew", {"env": "prod", "appid": app, "zone": zone, "hostname": host})
            if turn % 6 == 0:
                app, host, zone = shop[turn * 7 % len(shop)]
                register(self.nodes[turn % 3], app, host, zone, version=f"v1.4.{3 + turn // 100}")
            if turn % 40 == 0:
                key = {"env": "prod", "appid": "shop.orders", "zone": "sh001", "hostname": "orders-0"}
                self.nodes[1].post("cancel", key)
                register(self.nodes[1], "shop.orders", "orders-0", "sh001")


class Watcher(threading.Thread):
    """A client that watches one application by long polls."""

    def __init__(self, url, number):
        super().__init__(daemon=True)
        self.url, self.number = url, number
        self.over = threading.Event()

    def run(self):
        latest = 0
        while not self.over.is_set():
            query = f"env=prod&appid=shop.{APPS[self.number % len(APPS)]}&hostname=watcher-{self.number}&latest_timestamp={latest}"
            try:
                with urllib.request.urlopen(f"{self.url}/discovery/poll?{query}", timeout=40) as answer:
                    told = json.load(answer)
            except OSError:
                return  # the node has ended
            if told["code"] == 0:
                latest = told["data"]["latest_timestamp"]


def save(browser, name):
    path = os.path.join(FOLDER, name + ".png")
    browser.driver.save_screenshot(path)
    optimised = ["convert", path, "+dither", "-colors", "200", "-define", "png:compression-level=9", "png8:" + path]
    if os.path.exists("/usr/bin/convert"):
        subprocess.run(optimised, check=True)
    size = os.path.getsize(path)
    print(f"{path}: {size // 1024} KiB")
    if size > BYTES_MAX:
        raise SystemExit(f"{path} is larger than {BYTES_MAX // 1024} KiB")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    nodes = SCENE.start(3, scheduler=SCHEDULER)
    one = nodes[0]
    for app, host, zone in instances():
        register(one, app, host, zone, status=2 if host == "cart-3" else 1)
    one.register_many([form_text(app, host, zone=zone) for app, host, zone in team()])
    life = Life(nodes)
    life.start()
    watchers = [Watcher(nodes[i % 3].url, i) for i in range(48)]
    for watcher in watchers:
        watcher.start()
    b = SCENE.the_browser()
    b.load(one.url)
    time.sleep(SAMPLES_SECONDS)  # the daemon takes samples of itself meanwhile
    b.until_text("All is well: 3 of 3 nodes", seconds=60)
    b.run("scrollTo(0, 0)")
    save(b, "overview")
    b.run("document.querySelector('.plots').closest('section').scrollIntoView({block: 'start'}); scrollBy(0, -60)")
    time.sleep(0.5)
    save(b, "overview-plots")
    b.load(one.url, "services")
    b.until("return document.querySelectorAll('tbody tr').length > 20", "services")
    save(b, "services")
    b.load(one.url, "service", env="prod", appid="shop.cart")
    b.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length >= 4", "instances")
    save(b, "service")
    b.run("document.querySelector('[data-action=drain]').click()")
    b.until("return document.querySelector('dialog[open]')", "the dialog")
    b.type("dialog input[type=password]", TOKEN)
    save(b, "action")
    b.load(one.url, "instance", env="prod", appid="shop.orders", zone="sh001", hostname="orders-0")
    b.until("return document.querySelectorAll('.timeline .state').length >= 3 && document.querySelector('.verdict.ok')", "the instance")
    b.run("document.querySelector('form.filters').closest('section').scrollIntoView({block: 'start'}); scrollBy(0, -60)")
    time.sleep(0.3)
    save(b, "instance")
    for _ in range(80):
        one.request("POST", "/discovery/renew", "env=prod&appid=shop.gone&zone=sh001&hostname=gone-1", {"Content-Type": "application/x-www-form-urlencoded"})
        if one.get("/api/overview")["slowed_clients"] > 0:
            break
    b.load(one.url, "clients")
    b.until("return document.querySelector('table[aria-label=Clients] .state')", "the offender")
    save(b, "clients")
    b.load(one.url, "cluster")
    b.until("""if (document.querySelector('main .summary').textContent.startsWith('Equal: ')) return true;
               document.querySelector('main form button').click();""", "compared", seconds=20)
    save(b, "cluster")
    b.load(one.url, "history")
    b.until("return document.querySelectorAll('tbody tr').length > 10", "events")
    save(b, "history")
    b.size(375, 800, True)
    b.colours("dark")
    b.load(one.url, "service", env="prod", appid="shop.cart")
    b.until("return document.querySelectorAll('table[aria-label=Instances] tbody tr').length >= 4", "instances")
    b.run("document.querySelector('table').scrollIntoView({block: 'start'})")
    save(b, "phone-dark")
    for watcher in watchers:
        watcher.over.set()
    life.over.set()
    life.join()


if __name__ == "__main__":
    main()
