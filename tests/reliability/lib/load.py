"""Load from several processes: what lib/worker.py does, seen from the program that measures.

Commands return at once, except fill(), stats() and clients(). One thread only. Worker processes end with the context.
"""

import multiprocessing
import signal
import time
from array import array

from lib.cluster import cpu_s
from lib.fleet import REGISTER, RENEW
from lib.worker import Worker

FILL_TIMEOUT_S = 180.0
ANSWER_TIMEOUT_S = 30.0


class Stats:
    """Sums over all workers since they were last cleared."""

    def __init__(self, parts):
        self.latencies = array("d")
        self.counts = {}
        self.codes = {}  # (kind, node index, code) -> how often
        self.under_way = 0
        for part in parts:
            self.latencies += part["latencies"]
            self.under_way += part["busy"]
            for name in ("counts", "codes"):
                sums = getattr(self, name)
                for key, value in part[name].items():
                    sums[key] = sums.get(key, 0) + value

    def answers(self, kind, codes=None, but=None):
        """How many answers to that kind of operation had one of these codes, or none of those."""
        return sum(
            n
            for (k, _, code), n in self.codes.items()
            if k == kind and (codes is None or code in codes) and (but is None or code not in but)
        )


class Load:
    def __init__(self, fleet, nodes, processes=1, connections_per_node=8, roaming=0.5, history=False, seed=1):
        self.fleet = fleet
        self.nodes = list(nodes)
        self.watermark = 0.0  # with history: every event before it has been told
        self.changes_under_way = 0
        self._events = []
        self._pipes = []
        self._processes = []
        context = multiprocessing.get_context("fork")
        bounds = [fleet.count * k // processes for k in range(processes + 1)]
        for k in range(processes):
            here, there = context.Pipe()
            settings = {
                "source": f"127.0.2.{k + 1}",
                "connections_per_node": connections_per_node,
                "history": history,
                "roaming": roaming,
                "seed": seed,
            }
            arguments = (there, fleet, bounds[k], bounds[k + 1], self.nodes, settings)
            process = context.Process(target=_run_worker, args=arguments, daemon=True)
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pipe in self._pipes:
            try:
                pipe.send(("stop",))
            except OSError:
                pass
        for process in self._processes:
            process.join(2)
            process.kill()

    def fill(self):
        """Registers every instance, as fast as it goes; seconds."""
        begun = time.monotonic()
        self._tell("fill")
        self._gather("filled", FILL_TIMEOUT_S)
        return time.monotonic() - begun

    def renew(self, period_s=30.0, nodes=None, first=0, last=None):
        """Every instance of the range once a period; at these nodes (indices), or where its client would."""
        last = self.fleet.count if last is None else last
        self._beat("renew", RENEW, (last - first) / period_s, nodes, first, last, False)

    def register(self, rate, nodes=None, first=0, last=None):
        """Registers instances of the range anew, in turn."""
        self._beat("register", REGISTER, rate, nodes, first, self.fleet.count if last is None else last, True)

    def rest(self, name):
        """Ends renew or register."""
        self._tell("rest", name)

    def churn(self, rate):
        """Cancels so many a second; most come back within 20 s as a new version. 0: nobody leaves or returns."""
        self._tell("churn", rate / len(self._pipes))

    def stats(self, clear=True):
        self._tell("stats", clear)
        return Stats([words[1] for words in self._gather("stats", ANSWER_TIMEOUT_S)])

    def clients(self):
        """instance -> version of all that a list should hold."""
        self._tell("clients")
        alive = {}
        for words in self._gather("clients", ANSWER_TIMEOUT_S):
            alive.update(words[1])
        return alive

    def cpu_s(self):
        """Seconds of processor time the load itself has used."""
        return sum(cpu_s(process.pid) for process in self._processes)

    def events(self):
        """With history: what was told since the last call."""
        for k, pipe in enumerate(self._pipes):
            while pipe.poll(0):
                self._take(k, pipe.recv())
        events, self._events = self._events, []
        return events

    def wait_told(self, moment):
        """With history and one process: the events since the last call, once all before that moment are among them."""
        told = self.events()
        while self.watermark <= moment:
            if not self._pipes[0].poll(ANSWER_TIMEOUT_S):
                raise TimeoutError("the load process says nothing")
            told += self.events()
        return told

    def _beat(self, name, kind, rate, nodes, first, last, new_version):
        for k, pipe in enumerate(self._pipes):
            low = max(first, self.fleet.count * k // len(self._pipes))
            high = min(last, self.fleet.count * (k + 1) // len(self._pipes))
            if low < high:
                pipe.send(("beat", name, kind, rate * (high - low) / (last - first), nodes, low, high, new_version))

    def _tell(self, *words):
        for pipe in self._pipes:
            pipe.send(words)

    def _take(self, k, words):
        """Events are kept; any other message is returned."""
        if words[0] != "events":
            return words
        self._events += words[3]
        if k == 0:
            self.watermark, self.changes_under_way = words[1], words[2]
        return None

    def _gather(self, kind, within_s):
        """One message of that kind from every worker."""
        end = time.monotonic() + within_s
        found = []
        for k, pipe in enumerate(self._pipes):
            while True:
                if not pipe.poll(max(0.0, end - time.monotonic())):
                    raise TimeoutError(f"a load process does not say '{kind}'")
                words = self._take(k, pipe.recv())
                if words is not None and words[0] == kind:
                    found.append(words)
                    break
        return found


def _run_worker(*arguments):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program itself ends them
    Worker(*arguments).run()
