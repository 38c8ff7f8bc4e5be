#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""backend.py PORT: takes connections on loopback and closes them. Hitch connects to its backend after every handshake."""
import socket
import sys

with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096) as listener:
    while True:
        listener.accept()[0].close()
