"""selftest: the judge of the other programs, judged: histories with a known fault must be found, others must pass."""

import sys
import unittest

from lib.checker import Checker, Truth
from lib.fleet import CANCEL, REGISTER, RENEW, Fleet, listed
from lib.options import parse
from lib.report import percentile
from lib.wire import code_of, split_answer


def done(kind, i, version, begin, end, node=0):
    return [("begin", kind, i, version, begin, node), ("end", kind, i, version, end, node)]


class Verdicts(unittest.TestCase):
    def setUp(self):
        self.truth = Truth()
        self.checker = Checker(self.truth)
        self.checker.heal(0.0)
        self.truth.take(done(REGISTER, 7, 1, 1.0, 1.1))

    def cancel(self):
        self.truth.take(done(CANCEL, 7, 1, 30.0, 30.1))

    def test_cancelled_and_listed_after_grace_is_a_ghost(self):
        self.cancel()
        self.checker.observe(1, 40.0, 40.05, {7: 1})
        self.assertEqual(len(self.checker.ghosts), 0)
        self.checker.observe(1, 40.2, 40.3, {7: 1})
        self.assertEqual(len(self.checker.ghosts), 1)

    def test_no_ghost_while_cut_nor_within_grace_of_heal(self):
        self.cancel()
        self.checker.cut()
        self.checker.observe(1, 60.0, 60.1, {7: 1})
        self.checker.heal(70.0)
        self.checker.observe(1, 79.0, 79.1, {7: 1})
        self.assertEqual(len(self.checker.ghosts), 0)
        self.checker.observe(1, 80.1, 80.2, {7: 1})
        self.assertEqual(len(self.checker.ghosts), 1)

    def test_old_version_listed_after_a_new_one_is_a_ghost(self):
        self.cancel()
        self.truth.take(done(REGISTER, 7, 2, 35.0, 35.1))
        self.checker.observe(1, 50.0, 50.1, {7: 2})
        self.assertEqual(len(self.checker.ghosts), 0)
        self.checker.observe(1, 51.0, 51.1, {7: 1})
        self.assertEqual(len(self.checker.ghosts), 1)
        self.assertEqual(len(self.checker.resurrections), 1)

    def test_live_and_missing_is_an_eviction(self):
        self.checker.observe(1, 2.0, 2.1, {7: 1})
        self.truth.take([("end", RENEW, 7, 1, 31.0, 0)])
        self.checker.observe(1, 40.0, 40.1, {})
        self.assertEqual(len(self.checker.evictions), 1)

    def test_missing_is_no_eviction_where_it_never_stood_or_does_not_renew(self):
        self.checker.observe(2, 40.0, 40.1, {})
        self.checker.observe(1, 2.0, 2.1, {7: 1})
        self.checker.observe(1, 70.0, 70.1, {})
        self.assertEqual(len(self.checker.evictions), 0)

    def test_missing_during_its_cancel_is_no_eviction(self):
        self.checker.observe(1, 2.0, 2.1, {7: 1})
        self.truth.take([("begin", CANCEL, 7, 1, 5.0, 0)])
        self.checker.observe(1, 5.1, 5.2, {})
        self.assertEqual(len(self.checker.evictions), 0)

    def test_gone_and_listed_again_is_a_resurrection(self):
        self.checker.observe(1, 2.0, 2.1, {7: 1})
        self.cancel()
        self.checker.observe(1, 31.0, 31.1, {})
        self.checker.observe(1, 32.0, 32.1, {7: 1})
        self.assertEqual(len(self.checker.resurrections), 1)

    def test_resurrection_is_excused_for_a_while_after_a_start(self):
        self.checker.observe(1, 2.0, 2.1, {7: 1})
        self.cancel()
        self.checker.observe(1, 31.0, 31.1, {})
        self.checker.started(1, 35.0, cut_off=False)
        self.checker.observe(1, 36.0, 36.1, {7: 1})
        self.assertEqual(len(self.checker.resurrections), 0)
        self.assertEqual(len(self.checker.stale_after_start), 1)
        self.checker.observe(1, 45.5, 45.6, {7: 1})
        self.assertEqual(len(self.checker.resurrections), 1)

    def test_write_of_a_node_killed_at_once_is_not_judged_until_the_next(self):
        self.cancel()
        self.assertEqual(self.truth.killed(0, 30.2), 1)
        self.checker.observe(1, 50.0, 50.1, {7: 1})
        self.assertEqual(len(self.checker.ghosts), 0)
        self.truth.take([("again", REGISTER, 7, 1, 51.0, 1), ("end", REGISTER, 7, 1, 51.1, 1)])
        self.assertEqual(self.truth.state(7, 52.0, 52.1), ("live", 1, 51.1))

    def test_agreement(self):
        self.assertTrue(self.checker.agree({1: {7: 1}, 2: {7: 1}}, 2.0, 2.1)[0])
        self.assertFalse(self.checker.agree({1: {7: 1}, 2: {}}, 2.0, 2.1)[0])
        self.assertFalse(self.checker.agree({1: {}, 2: {}}, 2.0, 2.1)[0])
        self.cancel()
        self.assertFalse(self.checker.agree({1: {7: 1}, 2: {7: 1}}, 32.0, 32.1)[0])
        self.assertTrue(self.checker.agree({1: {}, 2: {}}, 32.0, 32.1)[0])


class Reading(unittest.TestCase):
    def test_answers(self):
        plain = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        self.assertEqual(split_answer(plain + b"HTTP"), (200, b"hello", len(plain)))
        self.assertIsNone(split_answer(plain[:-1]))
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n"
        self.assertEqual(split_answer(chunked), (200, b"abc0123456789", len(chunked)))
        for cut in range(len(chunked)):
            self.assertIsNone(split_answer(chunked[:cut]))
        self.assertRaises(ValueError, split_answer, b"SSH-2.0-x\r\n\r\n")
        self.assertEqual(code_of(b'{"code":-404,"message"'), -404)
        self.assertIsNone(code_of(b"{}"))

    def test_lists(self):
        one = b'{"hostname":"i0000012","addrs":["http://a","grpc://b"],"version":"3"}'
        self.assertEqual(listed(one), {12: 3})
        self.assertRaises(ValueError, listed, one + one)
        self.assertRaises(ValueError, listed, b'{"hostname":"i0000012"}')

    def test_fleet_sizes_add_up(self):
        fleet = Fleet(1003, 100)
        self.assertEqual(sum(fleet.size_of_app(a) for a in range(100)), 1003)
        self.assertEqual(fleet.size_of_app(2), 11)
        self.assertEqual(fleet.size_of_app(3), 10)

    def test_percentile(self):
        self.assertEqual(percentile(range(1, 101), 0.99), 99)
        self.assertEqual(percentile([5.0], 0.5), 5.0)
        self.assertEqual(percentile([1, 2, 3], 0.5), 2)


if __name__ == "__main__":
    parse(__doc__)
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    outcome = unittest.TextTestRunner(verbosity=0).run(tests)
    print(f"selftest: {'held' if outcome.wasSuccessful() else 'BROKEN'}: {outcome.testsRun} tests", flush=True)
    raise SystemExit(0 if outcome.wasSuccessful() else 1)
