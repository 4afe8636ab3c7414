"""The instances of a run: instance i is host "i0000123" of application "app.012", and its version is the number of
times
it registered anew. So a list tells which registration of which instance it shows.
"""

import re

from lib.wire import ENV, ZONE, post_bytes

REGISTER, RENEW, CANCEL = range(3)
PATHS = ("/discovery/register", "/discovery/renew", "/discovery/cancel")

HOST = b'"hostname":"i'
# The members between a host name and its version hold no quote but those of the addresses.
_LISTED = re.compile(rb'"hostname":"i(\d{7})","addrs":\[[^\]]*\],"version":"(\d+)"')
_LISTED_WITH_ADDRESS = re.compile(rb'"hostname":"i(\d{7})","addrs":\["([^"]*)"\],"version":"(\d+)"')


class Fleet:
    """count instances spread over apps applications in turn."""

    def __init__(self, count, apps=100):
        self.count = count
        self.apps = apps

    def app_of(self, i):
        return f"app.{i % self.apps:03d}"

    def size_of_app(self, app):
        """How many instances application number `app` has."""
        return (self.count - app + self.apps - 1) // self.apps

    def address(self, i, version):
        """Of the instance under that version; no other has the same."""
        return f"http://10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}:{8000 + version % 50000}"

    def request(self, operation, i, version=1):
        fields = [("zone", ZONE), ("env", ENV), ("appid", self.app_of(i)), ("hostname", f"i{i:07d}")]
        if operation == REGISTER:
            fields += [("region", "region01"), ("status", "1"), ("version", str(version))]
            fields += [("addrs", self.address(i, version)), ("metadata", '{"weight":"10"}')]
        return post_bytes(PATHS[operation], fields)


def listed(body):
    """instance -> version of every instance in an answer. ValueError where one cannot be read, or stands twice."""
    found = _LISTED.findall(body)
    versions = {int(i): int(version) for i, version in found}
    if len(found) != body.count(HOST) or len(versions) != len(found):
        raise ValueError(f"{body.count(HOST)} host names, {len(found)} readable, {len(versions)} different")
    return versions


def listed_with_addresses(body):
    """instance -> (version, address); ValueError as listed()."""
    found = _LISTED_WITH_ADDRESS.findall(body)
    if len(found) != len(listed(body)):
        raise ValueError("an instance does not have exactly one address")
    return {int(i): (int(version), address.decode()) for i, address, version in found}
