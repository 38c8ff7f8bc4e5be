# SPDX-License-Identifier: BSD-3-Clause
"""A small TLS 1.3 client (RFC 8446) that builds its ClientHello octet by octet, so that tests can send what no library does.

One cipher suite (TLS_AES_128_GCM_SHA256), one real group (X25519). It checks the server's Finished, not its chain: the
fingerprint of the certificate is what tests compare. Nothing here is fit for anything but tests."""

import hashlib
import hmac
import os
import socket
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALERT, HANDSHAKE, APPLICATION = 21, 22, 23
SERVER_HELLO, ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY, FINISHED = 2, 8, 11, 15, 20
X25519, X25519MLKEM768 = 0x001D, 0x11EC
MLKEM_SHARE_BYTES = 1184 + 32


class Alert(Exception):
    """The server sent an alert: .number"""

    def __init__(self, number):
        super().__init__(f"alert {number}")
        self.number = number


def vector(length_octets, data):
    return len(data).to_bytes(length_octets, "big") + data


def extension(number, body):
    return struct.pack(">H", number) + vector(2, body)


def server_name(*names):
    """The server_name extension; each name is octets, as they are."""
    return extension(0, vector(2, b"".join(b"\0" + vector(2, name) for name in names)))


class Hello:
    """A ClientHello and what is needed to go on from it."""

    def __init__(self, names, post_quantum=False, pad_to=0, versions=(0x0304, 0x0303), protocols=(), extra=()):
        self.key = X25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        shares = struct.pack(">H", X25519) + vector(2, public)
        groups = [X25519, 0x0017]
        if post_quantum:  # the server does not know the group, takes the second share
            shares = struct.pack(">H", X25519MLKEM768) + vector(2, os.urandom(MLKEM_SHARE_BYTES)) + shares
            groups.insert(0, X25519MLKEM768)
        parts = [
            server_name(*names) if names else b"",
            extension(43, vector(1, b"".join(struct.pack(">H", version) for version in versions))),
            extension(10, vector(2, b"".join(struct.pack(">H", group) for group in groups))),
            extension(13, vector(2, bytes.fromhex("0403050308040805080604010807"))),
            extension(51, vector(2, shares)),
            extension(16, vector(2, b"".join(vector(1, p) for p in protocols))) if protocols else b"",
            *extra,
        ]
        self.message = self.assemble(b"".join(parts), pad_to)

    @staticmethod
    def assemble(extensions, pad_to):
        head = b"\x03\x03" + os.urandom(32) + vector(1, os.urandom(32)) + vector(2, b"\x13\x01") + b"\x01\0"
        missing = pad_to - len(head) - 6 - len(extensions)
        if missing >= 4:
            extensions += extension(21, bytes(missing - 4))  # RFC 7685
        return b"\x01" + vector(3, head + vector(2, extensions))

    def records(self, size=16384):
        """The message cut into records of at most size octets."""
        return b"".join(b"\x16\x03\x01" + vector(2, self.message[i:i + size]) for i in range(0, len(self.message), size))


def connect(ip, port, timeout=10.0):
    peer = socket.create_connection((ip, port), timeout=timeout)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def hkdf_expand_label(secret, label, context, length):
    info = struct.pack(">H", length) + vector(1, b"tls13 " + label) + vector(1, context)
    return hmac.new(secret, info + b"\x01", hashlib.sha256).digest()[:length]  # length ≤ 32: one block


def derive(secret, label, transcript):
    return hkdf_expand_label(secret, label, hashlib.sha256(transcript).digest(), 32)


def extract(salt, key):
    return hmac.new(salt, key, hashlib.sha256).digest()


class Protection:
    """One direction's record protection."""

    def __init__(self, secret):
        self.secret, self.sequence = secret, 0
        self.aead = AESGCM(hkdf_expand_label(secret, b"key", b"", 16))
        self.iv = int.from_bytes(hkdf_expand_label(secret, b"iv", b"", 12), "big")

    def nonce(self):
        nonce = (self.iv ^ self.sequence).to_bytes(12, "big")
        self.sequence += 1
        return nonce

    def open(self, header, body):
        inner = self.aead.decrypt(self.nonce(), body, header).rstrip(b"\0")
        return inner[-1], inner[:-1]

    def seal(self, kind, data):
        header = b"\x17\x03\x03" + struct.pack(">H", len(data) + 17)
        return header + self.aead.encrypt(self.nonce(), data + bytes([kind]), header)

    def finished(self, transcript):
        key = hkdf_expand_label(self.secret, b"finished", b"", 32)
        return hmac.new(key, hashlib.sha256(transcript).digest(), hashlib.sha256).digest()


class Session:
    """The handshake after the ClientHello has been sent."""

    def __init__(self, peer, hello):
        self.peer, self.hello, self.certificate, self.stream, self.reader = peer, hello, None, b"", None
        self.handshake()

    def exactly(self, n):
        data = b""
        while len(data) < n:
            chunk = self.peer.recv(n - len(data))
            if not chunk:
                raise ConnectionError("closed by the server")
            data += chunk
        return data

    def record(self):
        while True:
            header = self.exactly(5)
            kind, body = header[0], self.exactly(int.from_bytes(header[3:], "big"))
            if kind == APPLICATION and self.reader:
                kind, body = self.reader.open(header, body)
            if kind == ALERT:
                raise Alert(body[1])
            if kind != 20:  # ChangeCipherSpec for middleboxes
                return kind, body

    def message(self):
        while len(self.stream) < 4 or len(self.stream) < 4 + int.from_bytes(self.stream[1:4], "big"):
            self.stream += self.record()[1]
        end = 4 + int.from_bytes(self.stream[1:4], "big")
        message, self.stream = self.stream[:end], self.stream[end:]
        return message

    def server_share(self, message):
        at = 4 + 2 + 32
        at += 1 + message[at] + 2 + 1 + 2
        while at < len(message):
            number, length = struct.unpack_from(">HH", message, at)
            if number == 51:
                group, size = struct.unpack_from(">HH", message, at + 4)
                if group != X25519:
                    raise ValueError(f"server chose group {group:#x}")
                return message[at + 8:at + 8 + size]
            at += 4 + length
        raise ValueError("no key share from the server")

    def handshake(self):
        server_hello = self.message()
        if server_hello[0] != SERVER_HELLO:
            raise ValueError("no ServerHello")
        shared = self.hello.key.exchange(X25519PublicKey.from_public_bytes(self.server_share(server_hello)))
        transcript = self.hello.message + server_hello
        early = extract(bytes(32), bytes(32))
        secret = extract(derive(early, b"derived", b""), shared)
        writer = Protection(derive(secret, b"c hs traffic", transcript))
        self.reader = Protection(derive(secret, b"s hs traffic", transcript))
        message = b""
        while not message or message[0] != FINISHED:
            transcript += message
            message = self.message()
            if message[0] == CERTIFICATE:
                self.certificate = message[11:11 + int.from_bytes(message[8:11], "big")]
        if message[4:] != self.reader.finished(transcript):
            raise ValueError("the server's Finished is wrong")
        transcript += message
        master = extract(derive(secret, b"derived", b""), bytes(32))
        body = writer.finished(transcript)
        self.peer.sendall(writer.seal(HANDSHAKE, bytes([FINISHED]) + vector(3, body)))
        self.reader = Protection(derive(master, b"s ap traffic", transcript))
        self.writer = Protection(derive(master, b"c ap traffic", transcript))

    def request(self, data):
        """Send plaintext; return what comes back until the server closes."""
        self.peer.sendall(self.writer.seal(APPLICATION, data))
        answer = b""
        try:
            while True:
                kind, body = self.record()
                answer += body if kind == APPLICATION else b""
        except (Alert, ConnectionError, socket.timeout):
            return answer
