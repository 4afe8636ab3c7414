"""The one call to a node's port for etcd's clients that tests in Python make: a put, over HTTP/2 written by hand. Real clients
are in tests/etcd."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, RST_STREAM, GOAWAY = 0, 1, 4, 3, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def head(fields):
    """HPACK without a table or Huffman; names and values of less than 127 bytes."""
    return b"".join(b"\x00" + bytes([len(n)]) + n.encode() + bytes([len(v)]) + v.encode() for n, v in fields)


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def receive(connection, size):
    got = b""
    while len(got) < size:
        part = connection.recv(size - len(got))
        if not part:
            raise AssertionError("the node ended the connection")
        got += part
    return got


def call(address, method, message):
    """The bytes of the answer. Raises AssertionError where the node answers with none."""
    host, port = address.rsplit(":", 1)
    fields = [(":method", "POST"), (":scheme", "http"), (":path", method), (":authority", address),
              ("content-type", "application/grpc"), ("te", "trailers")]
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0, b"") + frame(HEADERS, END_HEADERS, 1, head(fields))
                           + frame(DATA, END_STREAM, 1, b"\x00" + struct.pack(">I", len(message)) + message))
        body = b""
        while True:
            prefix = receive(connection, 9)
            payload = receive(connection, int.from_bytes(prefix[:3], "big"))
            kind, flags = prefix[3], prefix[4]
            if kind == DATA:
                body += payload
            if kind == SETTINGS and not flags & ACK:
                connection.sendall(frame(SETTINGS, ACK, 0, b""))
            if kind in (RST_STREAM, GOAWAY) or (kind == HEADERS and flags & END_STREAM):
                break
    if len(body) < 5:
        raise AssertionError(f"{method}: refused")
    return body[5:]


def put(address, key, value, lease=0):
    def text(number, value):
        return bytes([number << 3 | 2]) + varint(len(value)) + value

    message = text(1, key.encode()) + text(2, value.encode()) + (b"\x18" + varint(lease) if lease else b"")
    call(address, "/etcdserverpb.KV/Put", message)


def grant(address, lease, seconds):
    """With an id of our own."""
    call(address, "/etcdserverpb.Lease/LeaseGrant", b"\x08" + varint(seconds) + b"\x10" + varint(lease))
