"""The packet filter of the namespace the program runs in: links cut and bytes counted between node addresses.

Nodes bind to their own 127.0.1.x for peers, clients to 127.0.2.x, so a cut between nodes never touches clients.
Dropping is done on arrival: on departure the kernel would tell the sender.
"""

import subprocess

PEERS = "127.0.1.0/24"


def address_of(node):
    return f"127.0.1.{node}"


class Network:
    """Rules are replaced as a whole by one iptables-restore, so a partition begins and ends at one moment."""

    def __init__(self):
        self._cut = set()
        self._counted = None  # a rule per direction
        self._apply()

    def cut(self, one_side, other_side, one_way=False):
        """Drops what goes from one set of nodes to the other, and unless one_way what comes back."""
        for a in one_side:
            for b in other_side:
                self._cut.add((a, b))
                if not one_way:
                    self._cut.add((b, a))
        self._apply()

    def heal(self):
        self._cut.clear()
        self._apply()

    def is_cut(self):
        return bool(self._cut)

    def touched(self):
        """The nodes at an end of a cut link."""
        return {node for pair in self._cut for node in pair}

    def count(self, link=None):
        """Counts from zero what all nodes send each other, or the two of a link."""
        pairs = [(PEERS, PEERS)]
        if link is not None:
            a, b = (address_of(node) for node in link)
            pairs = [(a, b), (b, a)]
        self._counted = [f"-A INPUT -s {source} -d {to}" for source, to in pairs]
        self._apply()

    def counted(self):
        """(packets, bytes) since count(), IP headers included. A change of the cuts begins anew."""
        command = ["iptables", "-t", "filter", "-nvxL", "INPUT"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows = [line.split() for line in text.splitlines()[2 : 2 + len(self._counted)]]
        return sum(int(row[0]) for row in rows), sum(int(row[1]) for row in rows)

    def _apply(self):
        rules = ["*filter", ":INPUT ACCEPT [0:0]"]
        rules += self._counted or []
        rules += [f"-A INPUT -s {address_of(a)} -d {address_of(b)} -j DROP" for a, b in sorted(self._cut)]
        text = "\n".join([*rules, "COMMIT", ""])
        subprocess.run(["iptables-restore"], input=text, check=True, text=True)


def ethernet_sized():
    """Makes lo carry packets as an Ethernet would: 1,500 bytes, one segment each, so that counted headers are real."""
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "gso_max_segs", "1"], check=True)
