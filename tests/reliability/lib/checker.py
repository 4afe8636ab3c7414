"""Judges what nodes list against what clients were told. Pure: no sockets, no clock; every moment is an argument.

Truth is what the clients did: an operation has a begin and an end. While one is under way, or where its outcome
cannot be known, nothing is said about its instance. Not known is the outcome of a write that only a node since killed
had answered, so shortly before that its journal need not hold it (CRASH_WINDOW_S), and of a cancel whose answer was
lost.

Verdicts, each counted once per node, instance and version:
  ghost         a cancelled version listed more than GRACE_S after the last of: its cancel, heal, the node's start
  eviction      a version that this node has listed, whose client is alive (an operation or renewal answered 0 within
                LIVE_WITHIN_S), missing from a list of the node
  resurrection  a version listed again by a node that had stopped listing it after its cancel
A node that starts anew shows what it kept on disk, which may be older than what it had heard from others:
resurrections are excused until GRACE_S after its start and after heal, and where it was cut off at its start, what it
had listed is forgotten.
"""

from lib.fleet import CANCEL, REGISTER

GRACE_S = 10.0
LIVE_WITHIN_S = 60.0
CRASH_WINDOW_S = 0.25
NEVER = float("-inf")


class _Operation:
    __slots__ = ("kind", "version", "begin", "end", "node", "sure")

    def __init__(self, kind, version, begin, node):
        self.kind = kind
        self.version = version
        self.begin = begin
        self.end = None
        self.node = node
        self.sure = True


class Truth:
    """What each client did, from the events of lib/worker.py."""

    def __init__(self):
        self._operations = {}
        self.alive_at = {}  # instance -> the last moment a node answered it 0
        self.refused = []  # (moment, node, instance, version) of renewals answered -404

    def take(self, events):
        for what, kind, i, version, moment, node in events:
            if what == "begin":
                self._operations.setdefault(i, []).append(_Operation(kind, version, moment, node))
            elif what == "refused":
                self.refused.append((moment, node, i, version))
            elif what == "again":
                self._again(i, version, moment, node)
            else:
                self._ended(i, kind, version, moment, node, what == "end")

    def _again(self, i, version, moment, node):
        """A register after a renew was refused: the same version, news only where it was not known to be stored."""
        if not self._operations[i][-1].sure:
            self._operations[i].append(_Operation(REGISTER, version, moment, node))

    def _ended(self, i, kind, version, moment, node, sure):
        if sure and kind != CANCEL:
            self.alive_at[i] = moment
        last = self._operations[i][-1]
        if last.end is None and last.kind == kind and last.version == version:
            last.end, last.node, last.sure = moment, node, sure

    def killed(self, node, moment, window_s=CRASH_WINDOW_S):
        """What this node alone had answered within the window is not known to have survived. Returns how many."""
        unsure = 0
        for operations in self._operations.values():
            last = operations[-1]
            if last.node == node and last.end is not None and moment - window_s <= last.end <= moment + window_s:
                last.sure = False
                unsure += 1
        return unsure

    def state(self, i, begin, end):
        """("live" or "gone", version, since) where that held from begin to end without doubt, else None."""
        for operation in reversed(self._operations.get(i, ())):
            if operation.begin > end:
                continue
            if operation.end is None or operation.end > begin or not operation.sure:
                return None
            return ("gone" if operation.kind == CANCEL else "live"), operation.version, operation.end
        return None

    def instances(self):
        return self._operations.keys()


class _View:
    """What one node was seen to list."""

    def __init__(self):
        self.listed = {}  # instance -> version
        self.gone = {}  # instance -> the highest version seen to have left after its cancel
        self.started = NEVER
        self.settled = NEVER  # when the excuse of a start ends


class Checker:
    def __init__(self, truth):
        self.truth = truth
        self.healed = NEVER  # the last heal; None while a link is cut
        self.ghosts = set()
        self.evictions = set()
        self.resurrections = set()
        self.stale_after_start = set()
        self._views = {}

    def cut(self):
        self.healed = None

    def heal(self, moment):
        self.healed = moment
        for view in self._views.values():
            view.settled = max(view.settled, moment + GRACE_S) if view.settled > moment else view.settled

    def started(self, node, moment, cut_off):
        """The node was started anew at that moment, while cut off from another one or not."""
        view = self._views.setdefault(node, _View())
        view.started = moment
        view.settled = float("inf") if cut_off else moment + GRACE_S
        if cut_off:
            view.listed.clear()

    def observe(self, node, begin, end, listing):
        """The node was asked for its list at begin, and had answered it at end; the truth up to end is known."""
        view = self._views.setdefault(node, _View())
        if view.settled == float("inf") and self.healed is not None:
            view.settled = self.healed + GRACE_S
        for i, version in listing.items():
            if view.gone.get(i, 0) >= version:
                (self.resurrections if begin > view.settled else self.stale_after_start).add((node, i, version))
            if self._late(view, begin):
                self._look_for_ghost(node, view, i, version, begin, end)
        for i in view.listed.keys() - listing.keys():
            self._left(node, view, i, begin, end)
        for i, version in listing.items():
            if version > 1:  # a version begins after the cancel of the one before
                view.gone[i] = max(view.gone.get(i, 0), version - 1)
        view.listed.update(listing)

    def _late(self, view, begin):
        return self.healed is not None and begin > max(self.healed, view.started) + GRACE_S

    def _look_for_ghost(self, node, view, i, version, begin, end):
        state = self.truth.state(i, begin, end)
        if state is None:
            return
        cancelled = version if state[0] == "gone" else state[1] - 1
        if version <= cancelled and begin > state[2] + GRACE_S:
            self.ghosts.add((node, i, version))

    def _left(self, node, view, i, begin, end):
        state = self.truth.state(i, begin, end)
        version = view.listed[i]
        if state is None:
            return
        if state[0] == "live" and state[1] == version:
            if begin - self.truth.alive_at.get(i, NEVER) <= LIVE_WITHIN_S:
                self.evictions.add((node, i, version))
            return
        view.gone[i] = max(view.gone.get(i, 0), version)
        del view.listed[i]

    def agree(self, listings, begin, end):
        """(all lists are equal and as the truth has it, the first difference in words)."""
        first_node, first = next(iter(listings.items()))
        for node, listing in listings.items():
            if listing != first:
                odd = {i for i in listing.keys() | first.keys() if listing.get(i) != first.get(i)}
                i = min(odd)
                return False, f"{len(odd)} differ: {i} is {first.get(i)} at {first_node}, {listing.get(i)} at {node}"
        for i in self.truth.instances():
            state = self.truth.state(i, begin, end)
            if state is not None and (first.get(i) != state[1] if state[0] == "live" else i in first):
                return False, f"{i} is {first.get(i)} at all nodes, its client says {state}"
        return True, ""
