#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Record the ClientHello of each TLS client that is installed: capture_hellos.py FOLDER

Each client connects to a port on loopback that accepts, reads the ClientHello and hangs up; what was read becomes
FOLDER/<name>.bin, the TCP stream from its first byte. Clients that are not installed are named and left out. Exit 1 if a
client that is installed sent no ClientHello.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAME = "www.example.com"
WAIT_S = 30


def complete(stream):
    """True when the records read so far hold the whole ClientHello."""
    message, at = b"", 0
    while at + 5 <= len(stream):
        length = int.from_bytes(stream[at + 3:at + 5], "big")
        if at + 5 + length > len(stream):
            return False
        message += stream[at + 5:at + 5 + length]
        at += 5 + length
        if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4], "big"):
            return True
    return False


def read_hello(listener):
    """Accept until a connection brings a ClientHello: browsers open some that they do not use."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        listener.settimeout(max(0.1, until - time.monotonic()))
        try:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(2)
                stream = b""
                while not complete(stream):
                    octets = connection.recv(65536)
                    if not octets:
                        break
                    stream += octets
                if complete(stream):
                    return stream
        except OSError:
            continue
    return None


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def capture(command, environment=None):
    """@param command  {port} stands for the sink's port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        words = [word.replace("{port}", str(port)) for word in command]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, **(environment or {})}) as process:
            hello = read_hello(listener)
            stop(process)
    return hello


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(condition):
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and not condition():
        time.sleep(0.05)
    return condition()


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def make_session(folder, version):
    """A session to resume, from a server of our own. @return its file, or None."""
    key, certificate, session = folder / "key.pem", folder / "certificate.pem", folder / f"session{version}.pem"
    if not key.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", f"/CN={NAME}", "-days", "2", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
    port = free_port()
    with subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate, "-key", key,
                           "-max_early_data", "1000", "-quiet"],
                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait_for(lambda: answers(port))
        with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME,
                               f"-tls{version}", "-sess_out", session],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            found = wait_for(lambda: session.exists() and session.stat().st_size > 0)
            stop(client)
        stop(server)
    return session if found else None


def openssl_commands(folder):
    client = ["openssl", "s_client", "-connect", "127.0.0.1:{port}", "-servername", NAME]
    (folder / "early.txt").write_text("GET / HTTP/1.1\r\n\r\n")
    commands = {
        "openssl": client,
        "openssl-tls12": client + ["-tls1_2"],
        "openssl-tls13": client + ["-tls1_3"],
        "openssl-alpn": client + ["-alpn", "h2,http/1.1"],
        "openssl-noservername": client[:4] + ["-noservername"],
        "openssl-groups": client + ["-groups", "P-521:P-384:P-256:X448:X25519:ffdhe2048:ffdhe3072:ffdhe4096"],
        "openssl-big-share": client + ["-groups", "ffdhe8192"],
        "openssl-status": client + ["-status", "-no_ticket", "-nextprotoneg", "http/1.1", "-tls1_2"],
        "openssl-tls11": client + ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
    }
    for version in ("1_2", "1_3"):
        session = make_session(folder, version)
        if session:
            commands[f"openssl-resume-tls{version.replace('_', '')}"] = client + ["-sess_in", str(session)]
            if version == "1_3":
                commands["openssl-early-data"] = client + ["-sess_in", str(session), "-early_data",
                                                           str(folder / "early.txt")]
    return commands


def gnutls_commands(_folder):
    client = ["gnutls-cli", "--insecure", "--sni-hostname", NAME, "-p", "{port}", "127.0.0.1"]
    return {
        "gnutls": client,
        "gnutls-tls12": client + ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2"],
        "gnutls-alpn": client + ["--alpn", "h2", "--alpn", "http/1.1"],
        "gnutls-secure256": client + ["--priority", "SECURE256"],
    }


def curl_commands(_folder):
    client = ["curl", "--silent", "--insecure", "--resolve", f"{NAME}:{{port}}:127.0.0.1", f"https://{NAME}:{{port}}/"]
    return {
        "curl": client,
        "curl-tls12": client + ["--tls-max", "1.2"],
        "curl-http11": client + ["--http1.1"],
        "curl-ip-literal": ["curl", "--silent", "--insecure", "https://127.0.0.1:{port}/"],
    }


def nss_commands(folder):
    database = folder / "nss"
    database.mkdir()
    subprocess.run(["certutil", "-N", "-d", f"sql:{database}", "--empty-password"], check=True, capture_output=True)
    client = ["tstclnt", "-h", "127.0.0.1", "-p", "{port}", "-a", NAME, "-d", f"sql:{database}", "-o"]
    return {
        "nss": client + ["-V", "tls1.2:tls1.3"],
        "nss-tls12": client + ["-V", "tls1.2:tls1.2"],
        "nss-tls13": client + ["-V", "tls1.3:tls1.3"],
        "nss-groups": client + ["-V", "tls1.2:tls1.3", "-I", "P521,P384,x25519,FF2048", "-J",
                               "ecdsa_secp256r1_sha256,rsa_pss_rsae_sha256"],
    }


def chromium_commands(folder):
    return {"chromium": [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder / 'chromium'}", "--host-resolver-rules=MAP * 127.0.0.1",
        f"https://{NAME}:{{port}}/"]}


CLIENTS = {"openssl": openssl_commands, "gnutls-cli": gnutls_commands, "curl": curl_commands,
           "tstclnt": nss_commands, "chromium": chromium_commands}


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    failed = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        for program, commands_of in CLIENTS.items():
            if not shutil.which(program):
                print(f"SKIP {program}: not installed")
                continue
            for name, command in commands_of(folder).items():
                hello = capture(command, {"HOME": temporary})
                if hello is None:
                    print(f"FAILED {name}: no ClientHello within {WAIT_S} s")
                    failed += 1
                    continue
                (target / f"{name}.bin").write_bytes(hello)
                print(f"{name}: {len(hello)} bytes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
