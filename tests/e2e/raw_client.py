#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""ClientHellos that no TLS library sends, and what the server makes of them. One line of result on standard output."""

import argparse
import hashlib
import resource
import select
import socket
import sys
import time

import tls13


def hellos(name):
    """Hostile and odd ClientHellos by name; a value is the octets to send."""
    good = tls13.Hello([name]).message

    def record(message):
        return b"\x16\x03\x01" + tls13.vector(2, message)

    def names(*sent):
        return tls13.Hello(list(sent)).records()

    return {
        "good": record(good),
        "empty-name": names(b""),
        "two-names": names(name, b"other.test"),
        "nul-in-name": names(name + b"\0.test"),
        "escape-in-name": names(b"\x1b[31m" + name),
        "utf8-name": names("bücher.test".encode()),
        "long-name": names(b"a" * 63 + b".b" * 96 + b".test"),
        "long-label": names(b"a" * 64 + b".test"),
        "trailing-dot": names(name + b"."),
        "upper-case": names(name.upper()),
        "ip-name": names(b"192.0.2.10"),
        "duplicate-extension": tls13.Hello([name], extra=[tls13.server_name(name)]).records(),
        "not-tls": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "sslv2": b"\x80\x2e\x01\x00\x02" + bytes(43),
        "garbage": bytes(range(7, 207)),
        "old-version": tls13.Hello([name], versions=(0x0302, 0x0301)).records(),
        "cut-extension": record(good[:1] + tls13.vector(3, good[4:-3])),
        "record-too-long": b"\x16\x03\x01\xff\xff" + bytes(16),
        "empty-records": b"\x16\x03\x01\0\0" * 50 + record(good),
        "too-large": b"\x16\x03\x01\x40\0" + b"\x01\x02\0\0" + bytes(16380),
        "server-hello-first": record(b"\x02" + good[1:]),
        "unknown-extensions": tls13.Hello([name], extra=[tls13.extension(0x0A0A, b""), tls13.extension(0xFAFA, b"\0"),
                                                         tls13.extension(0x7777, b"x" * 300)]).records(),
    }


def send(args):
    """Send one odd hello; say whether the server answers with a handshake, an alert, a close or a reset."""
    peer = tls13.connect(args.ip, args.port)
    peer.sendall(hellos(args.name.encode())[args.hello])
    try:
        head = peer.recv(7)
    except ConnectionResetError:
        head = None
    except socket.timeout:
        return "silence"
    if head is None:
        return "reset"
    if not head:
        return "closed"
    return f"alert {head[6]}" if head[0] == tls13.ALERT and len(head) == 7 else f"handshake {head[5]}"


def handshake(args):
    """A whole handshake, its ClientHello cut into records and segments as asked, and one request."""
    hello = tls13.Hello([args.name.encode()] if args.name else [], post_quantum=args.post_quantum, pad_to=args.pad_to)
    octets = hello.records(args.record_bytes)
    peer = tls13.connect(args.ip, args.port)
    for at in range(0, len(octets), args.segment_bytes):
        peer.sendall(octets[at:at + args.segment_bytes])
        if args.pause_ms:
            time.sleep(args.pause_ms / 1000)
    session = tls13.Session(peer, hello)
    answer = session.request(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    status = answer.split(b"\r\n", 1)[0].decode(errors="replace")
    return f"hello {len(octets)} bytes, certificate {hashlib.sha256(session.certificate).hexdigest()}, {status}"


def half(args):
    """Many connections that stop in the middle of their ClientHello. Says "open" once all are up, then when they closed."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (args.count + 64,) * 2)
    octets = tls13.Hello([args.name.encode()]).records()
    peers = {}
    for _ in range(args.count):
        peer = tls13.connect(args.ip, args.port)
        peer.sendall(octets[:len(octets) // 2])
        peers[peer.fileno()] = (peer, time.monotonic())
    print("open", flush=True)
    poll = select.poll()
    for number in peers:
        poll.register(number, select.POLLIN)
    ages, left = [], dict(peers)
    while left and (events := poll.poll(args.wait_s * 1000)):
        for number, _ in events:
            poll.unregister(number)
            ages.append(time.monotonic() - left.pop(number)[1])
    return f"closed {len(ages)} of {args.count}, oldest after {max(ages, default=0):.1f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("send", "handshake", "half"))
    parser.add_argument("ip")
    parser.add_argument("port", type=int)
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--hello", default="good")
    parser.add_argument("--segment-bytes", type=int, default=1 << 20)
    parser.add_argument("--record-bytes", type=int, default=16384)
    parser.add_argument("--pause-ms", type=float, default=0)
    parser.add_argument("--pad-to", type=int, default=0)
    parser.add_argument("--post-quantum", action="store_true")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--wait-s", type=int, default=15)
    args = parser.parse_args()
    try:
        print({"send": send, "handshake": handshake, "half": half}[args.what](args))
        return 0
    except (tls13.Alert, OSError, ValueError) as error:
        print(f"failed: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
