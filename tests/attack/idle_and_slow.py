"""idle_and_slow: connections that do nothing, and connections that send a byte a second, beside honest renewals.

16,000 idle connections and 2,000 of slow loris, half of them in the head of a request and half in its body, hold one
daemon; 20,000 descriptors are the hard limit of many machines, so limits.connections is raised to 19,500. 1,000
renewals a second go on for a minute.
Bounds: p99 of a renewal below 50 ms, no wrong answer; at most 8 KB of memory per idle connection.
"""

from crowd import Crowd, Idle, Slow
from lib.options import parse, run
from lib.report import Result, say
from target import Target, ms

P99_MS_MAX = 50.0
BYTES_PER_IDLE_MAX = 8192


def main():
    options = parse(__doc__, short=True)
    idle, slow, seconds = (4_000, 500, 12) if options.short else (16_000, 2_000, 60)
    result = Result("idle_and_slow")
    with Target({"limits": ["connections = 19500"]}) as target:
        target.fill(100, 100)
        before = target.resident()
        with Crowd(Idle(target.node.address, idle)) as idlers:
            each = (target.resident() - before) / idle
            with Crowd(Slow(target.node.address, slow)) as loris:
                say(f"{idlers.state['open']:,} idle, {loris.state['open']:,} slow; {target.descriptors():,} descriptors")
                paced = target.load("pace", "--yield", "--apps", 100, "--per", 100, "--renewals", 1000, "--connections", 32,
                                    "--time-ms", seconds * 1000)
                held, slowed = idlers.look(), loris.look()
        throttled = target.metric("discovery_client_throttled_total")
    result.at_most("p99 of a renewal", ms(paced["p99_us"]), P99_MS_MAX, " ms")
    result.at_most("wrong answers", paced["errors"], 0)
    result.at_least("renewals", paced["ok"], int(seconds * 1000 * 0.99))
    result.at_most("bytes per idle connection", int(each), BYTES_PER_IDLE_MAX)
    result.at_least("idle ones still open", held["open"], idle)
    result.note("slow ones open", slowed["open"])
    result.note("closed as too slow", slowed["closed"])
    result.note("refused or ended by the daemon", int(throttled))
    result.note("max", ms(paced["max_us"]), " ms")
    result.finish()


run(main)
