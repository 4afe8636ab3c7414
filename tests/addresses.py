"""Addresses for the daemons of a test."""

import random
import socket


def free_addresses(count):
    """Outside the range from which the system gives ports to connections: while a node is down nobody gets its port, and
    a peer that calls it cannot be given that very port and so call itself."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
        low, high = map(int, f.read().split())
    addresses = []
    for port in random.sample([p for p in range(10000, 65000) if not low <= p <= high], 200):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        addresses.append(f"127.0.0.1:{port}")
        if len(addresses) == count:
            return addresses
    raise RuntimeError(f"no {count} free ports")
