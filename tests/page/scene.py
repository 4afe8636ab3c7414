"""What all tests share: one browser, the daemons, a folder that goes with them."""

import atexit
import os
import shutil
import tempfile
import unittest

from addresses import free_addresses
from browser import Browser
from nodes import Node

PROGRAM = os.environ.get("DISCOVERY_BINARY", "")
SCHEDULER = {
    "weighted.json": {
        "app_id": "weighted.service", "env": "prod",
        "clients": {"sh001": {"zones": {"sh001": {"weight": 10}, "sh002": {"weight": 2}}}, "<b>sh002</b>": {"zones": {"<i>sh002": {"weight": 7}}}},
    },
}


class Scene:
    """Made once; ended when the interpreter ends."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="page-test-")
        self.nodes = []
        self.browser = None
        atexit.register(self.close)

    def close(self):
        if self.browser:
            self.browser.close()
            self.browser = None
        for node in self.nodes:
            node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, count, **options):
        """A cluster of so many nodes, all ready."""
        addresses = free_addresses(count)
        started = [Node(PROGRAM, self.folder, addresses, i, zone=f"sh00{1 + i % 2}", **options) for i in range(count)]
        self.nodes += started
        return [n.wait_ready() for n in started]

    def the_browser(self):
        if not self.browser:
            self.browser = Browser()
        return self.browser


SCENE = Scene()
_CLUSTER = []


def cluster():
    """Two nodes that know each other; made when first wanted. Nobody renews what the tests register, and nothing of it
    expires, nor is that silence noticed, however long they take."""
    if not _CLUSTER:
        _CLUSTER.extend(SCENE.start(2, scheduler=SCHEDULER, sections={"lease": ["sweep_interval = \"1h\""]}))
    return _CLUSTER


class PageTest(unittest.TestCase):
    """Whatever a test does, the documents it saw must be clean at its end."""

    expect_status = ()

    def setUp(self):
        self.browser = SCENE.the_browser()
        self.browser.size(1200, 800)
        self.browser.colours("light")
        self.expect_status = ()

    def tearDown(self):
        self.assertEqual(self.browser.complaints(self.expect_status), [])

    def clean(self):
        self.assertEqual(self.browser.complaints(self.expect_status), [])
