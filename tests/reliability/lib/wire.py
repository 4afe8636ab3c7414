"""HTTP/1.1 as the programs need it: requests as ready bytes, answers cut from a buffer, one blocking client.

Only what a node answers: Content-Length or chunked, keep-alive. Anything else raises ValueError.
"""

import socket
from urllib.parse import urlencode

PORT = 7171
ENV = "dev"
ZONE = "zone01"


def post_bytes(path, fields):
    """A POST of a form; fields is a list of pairs."""
    body = urlencode(fields)
    return (
        f"POST {path} HTTP/1.1\r\nHost: node\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def get_bytes(target, headers=""):
    """A GET; headers are whole lines, each ended by CR LF."""
    return f"GET {target} HTTP/1.1\r\nHost: node\r\n{headers}\r\n".encode()


def code_of(body):
    """The member `code` of an answer, or None where there is none."""
    at = body.find(b'"code":', 0, 64)
    if at < 0:
        return None
    end = at + 7
    while end < len(body) and body[end] in b"-0123456789":
        end += 1
    return int(body[at + 7 : end]) if end > at + 7 else None


def _chunked(buffer, at):
    """(body, end) of a chunked body that starts at `at`, or None while it is incomplete."""
    parts = []
    while True:
        line_end = buffer.find(b"\r\n", at)
        if line_end < 0:
            return None
        size = int(bytes(buffer[at:line_end]), 16)
        at = line_end + 2
        if len(buffer) < at + size + 2:
            return None
        if size == 0:
            return b"".join(parts), at + 2
        parts.append(bytes(buffer[at : at + size]))
        at += size + 2


def split_answer(buffer):
    """(status, body, bytes used) of the first answer in the buffer, or None while it is incomplete."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    if buffer[:9] != b"HTTP/1.1 ":
        raise ValueError("not an HTTP/1.1 answer")
    status = int(buffer[9:12])
    head = bytes(buffer[:head_end]).lower()
    start = head_end + 4
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        end = head.find(b"\r\n", at + 2)
        length = int(head[at + 17 : end if end >= 0 else len(head)])
        if len(buffer) < start + length:
            return None
        return status, bytes(buffer[start : start + length]), start + length
    if b"\r\ntransfer-encoding: chunked" in head:
        found = _chunked(buffer, start)
        return None if found is None else (status, found[0], found[1])
    raise ValueError("an answer without a length")


class Client:
    """One blocking keep-alive connection, made when needed. Every failure is an OSError or ValueError and closes it."""

    def __init__(self, address, source="127.0.2.250", timeout_s=10.0):
        self.address = address
        self.source = source
        self.timeout_s = timeout_s
        self._socket = None

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def request(self, data):
        """(status, body) of the answer to these request bytes."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(
                    (self.address, PORT), timeout=self.timeout_s, source_address=(self.source, 0)
                )
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(data)
            return self._read()
        except (OSError, ValueError):
            self.close()
            raise

    def _read(self):
        buffer = bytearray()
        wanted = 0
        while True:
            piece = self._socket.recv(1 << 20)
            if not piece:
                raise ConnectionError("closed before the answer was whole")
            buffer += piece
            # Large answers are chunked: look at them again only when they have grown by half.
            if len(buffer) < wanted and not buffer.endswith(b"0\r\n\r\n"):
                continue
            found = split_answer(buffer)
            if found is not None:
                return found[0], found[1]
            wanted = len(buffer) * 3 // 2 if buffer.find(b"chunked", 0, 1024) >= 0 else 0
