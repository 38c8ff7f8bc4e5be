#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tagged frames by hand, for systems whose kernel has no VLAN interfaces: vlan_probe.py INTERFACE TARGET VLAN arp|ping|syn

Sends one request with the tag (VLAN 0: none) and waits for its answer with the same tag. Prints it; exit 1 if there is none."""

import socket
import struct
import sys
import time

ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 3, 263, 8, 1 << 4
SOURCE_IP = bytes([198, 51, 100, 1])
ARP, IPV4 = b"\x08\x06", b"\x08\x00"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return 0xFFFF & ~(total + (total >> 16))


def arp(mac, target):
    return ARP, b"\0\x01\x08\0\x06\x04\0\x01" + mac + SOURCE_IP + bytes(6) + target


def ipv4(protocol, target, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, SOURCE_IP, target)
    return IPV4, head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ping(_, target):
    body = struct.pack(">BBHHH", 8, 0, 0, 0x4846, 1) + b"handfast"
    return ipv4(1, target, body[:2] + struct.pack(">H", checksum(body)) + body[4:])


def syn(_, target):
    body = struct.pack(">HHIIBBHHH", 40000, 443, 1000, 0, 5 << 4, 2, 65535, 0, 0)
    pseudo = SOURCE_IP + target + struct.pack(">BBH", 0, 6, len(body))
    return ipv4(6, target, body[:16] + struct.pack(">H", checksum(pseudo + body)) + body[18:])


def is_answer(what, kind, body, target):
    if what == "arp":
        return kind == ARP and body[6:8] == b"\0\x02" and body[14:18] == target
    if kind != IPV4 or body[12:16] != target:
        return False
    return body[9] == 1 and body[20] == 0 if what == "ping" else body[9] == 6 and body[33] == 0x12


def receive(link):
    """The next frame: its VLAN (0: untagged), EtherType and payload. The kernel hands the tag over beside the frame."""
    frame, extra, _, _ = link.recvmsg(2048, 64)
    for level, kind, data in extra:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, tci = struct.unpack_from("I", data)[0], struct.unpack_from("H", data, 16)[0]
            if status & TP_STATUS_VLAN_VALID:
                return tci & 0xFFF, frame[12:14], frame[14:]
    if frame[12:14] == b"\x81\0":
        return struct.unpack(">H", frame[14:16])[0] & 0xFFF, frame[16:18], frame[18:]
    return 0, frame[12:14], frame[14:]


def main():
    interface, target, vlan, what = sys.argv[1], socket.inet_aton(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    link.bind((interface, ETH_P_ALL))
    link.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    link.settimeout(0.5)
    mac = link.getsockname()[4]
    tag = b"\x81\0" + struct.pack(">H", vlan) if vlan else b""
    deadline = time.monotonic() + 2

    def exchange(request):
        kind, payload = {"arp": arp, "ping": ping, "syn": syn}[request](mac, target)
        link.send(b"\xff" * 6 + mac + tag + kind + payload if request == "arp" else server + mac + tag + kind + payload)
        while time.monotonic() < deadline:
            try:
                got_vlan, got_kind, body = receive(link)
            except socket.timeout:
                return None
            if got_vlan == vlan and is_answer(request, got_kind, body, target):
                return body
        return None

    answer = exchange("arp")  # also tells the server who we are
    if answer and what != "arp":
        server = answer[8:14]
        answer = exchange(what)
    print(f"{what} on VLAN {vlan}: {answer.hex() if answer else 'no answer'}")
    return 0 if answer else 1


if __name__ == "__main__":
    sys.exit(main())
