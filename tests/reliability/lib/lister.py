"""Asks all nodes for everything they list, and keeps the checker told."""

import time
from concurrent.futures import ThreadPoolExecutor

from lib.fleet import listed
from lib.wire import code_of


class Lister:
    """Uses one connection per node, each by one thread at a time."""

    def __init__(self, cluster, load, truth, checker):
        self._nodes = cluster.nodes
        self._load = load
        self._truth = truth
        self._checker = checker
        self._threads = ThreadPoolExecutor(len(self._nodes))
        self.lists = 0

    def round(self):
        """(node number -> listing, of the nodes that answered; begin; end). The checker has seen them."""
        begin = time.monotonic()
        answers = list(self._threads.map(_ask, self._nodes))
        end = time.monotonic()
        self._truth.take(self._load.wait_told(end))
        listings = {}
        for node, (asked, answered, listing) in zip(self._nodes, answers):
            if listing is not None:
                self._checker.observe(node.number, asked, answered, listing)
                listings[node.number] = listing
                self.lists += 1
        return listings, begin, end

    def until_agreed(self, within_s, every_s=0.25):
        """Rounds until all nodes list the same and the truth; (moment, "") or (None, the last difference)."""
        end_at = time.monotonic() + within_s
        while True:
            listings, begin, end = self.round()
            if len(listings) < len(self._nodes):
                why = f"{sorted(n.number for n in self._nodes if n.number not in listings)} do not list"
            else:
                agreed, why = self._checker.agree(listings, begin, end)
                if agreed and self._load.changes_under_way == 0:
                    return end, ""
            if time.monotonic() > end_at:
                return None, why
            time.sleep(max(0.0, every_s - (time.monotonic() - begin)))


def _ask(node):
    asked = time.monotonic()
    answer = node.get("/discovery/fetch/all")
    answered = time.monotonic()
    if answer is None or answer[0] != 200 or code_of(answer[1]) != 0:
        return asked, answered, None
    return asked, answered, listed(answer[1])
