#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long others wait for the control thread while it works on one command: control_waits.py SOCKET REQUEST

REQUEST is a JSON object as the control socket takes it. While its answer comes, a second client asks `show share` again and
again; what it waits at most is how long the control thread does nothing else. Prints the answer's size and time, and both.
"""
import json
import socket
import sys
import threading
import time

PING = b'{"command":"show share"}\n'


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(120)
    client.connect(path)
    return client


def receive_line(client):
    """Read up to the newline. Returns its octets and the last of them."""
    size, tail = 0, b""
    while not tail.endswith(b"\n"):
        part = client.recv(1 << 20)
        if not part:
            raise SystemExit("handfastd has closed the connection")
        size += len(part)
        tail = (tail + part)[-200:]
    return size, tail


def ask(path, request, outcome):
    with connect(path) as client:
        began = time.monotonic()
        client.sendall(request.encode() + b"\n")
        outcome["bytes"], tail = receive_line(client)
        outcome["seconds"] = time.monotonic() - began
        outcome["ok"] = b'"ok":true' in tail or tail.startswith(b'{"ok":true')


def main(path, request):
    outcome, waits = {}, []
    json.loads(request)
    asking = threading.Thread(target=ask, args=(path, request, outcome))
    with connect(path) as client:
        asking.start()
        while asking.is_alive():
            began = time.monotonic()
            client.sendall(PING)
            receive_line(client)
            waits.append((time.monotonic() - began) * 1e3)
            time.sleep(0.0005)
    asking.join()
    if "bytes" not in outcome:
        return 1
    waits.sort()
    print(f"{outcome['bytes']} octets in {outcome['seconds']:.2f} s; others waited {waits[-1]:.1f} ms at most, "
          f"{waits[len(waits) * 99 // 100]:.1f} at the 99th percentile, {waits[len(waits) // 2]:.1f} in the middle")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
