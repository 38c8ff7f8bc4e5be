# SPDX-License-Identifier: BSD-3-Clause
"""The servers that are compared: each one's configuration, command and processor time. All on one processor, with the same
certificate, cipher suites and group; the client decides the version of TLS."""
import json
import os
import signal
import socket
import ssl
import subprocess
import time

SUITES_13 = "TLS_AES_128_GCM_SHA256"
SUITES_12 = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
START_S = 20
# Connections that a listener holds for who does not accept: more than a server makes in one measurement.
BACKLOG = 65535


class Server:
    """A server for one case. Started stopped (SIGSTOP): only the one that is measured runs."""

    name = link = ""
    target = ""
    options = ()  # of the generator

    def __init__(self, case, place):
        self.case, self.place, self.children = case, place, []
        self.folder = os.path.join(place.lab, type(self).__name__)
        os.makedirs(self.folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def spawn(self, *command, cpus, **environment):
        log = open(self.path("log"), "a", encoding="utf-8")  # pylint: disable=consider-using-with
        child = subprocess.Popen(  # pylint: disable=consider-using-with
            ["taskset", "-c", cpus, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        self.children.append(child)

    def wait_until(self, is_ready):
        limit = time.monotonic() + START_S
        while not is_ready():
            if time.monotonic() > limit or any(child.poll() is not None for child in self.children):
                with open(self.path("log"), encoding="utf-8", errors="replace") as log:
                    raise SystemExit(f"compare: {self.name} did not start:\n{log.read()[-2000:]}")
            time.sleep(0.05)

    def signal(self, number):
        for child in self.children:
            if child.poll() is None:
                os.killpg(child.pid, number)

    def stop(self):
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def busy_s(self):
        """@return processor time spent on work so far, in seconds."""
        raise NotImplementedError

    def version(self):
        raise NotImplementedError


def processes_of(session):
    """Every process of a session, a server's master and workers: its number, and the fields of its "stat" from the state on."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(") ")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[3]) == session:
            yield int(pid), fields


class Peer(Server):
    """A server over the kernel's sockets, on loopback; its processor time is that of its processes, kernel included."""

    link = "loopback"
    port = 0
    options = ("--via", "kernel")

    def start(self):
        self.target = f"127.0.0.1:{self.port}"
        # What has no word in its own configuration: without this, OpenSSL sends tickets in TLS 1.3 also where none resumes.
        tickets = "" if self.case.resumed else "NumTickets = 0\nOptions = -SessionTicket\n"
        conf = self.write("openssl.cnf", f"openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = all\n[all]\n{tickets}")
        self.spawn(*self.command(), cpus=self.place.server_cpu, OPENSSL_CONF=conf)
        self.wait_until(self.answers)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def command(self):
        raise NotImplementedError

    def busy_s(self):
        ticks = sum(int(fields[11]) + int(fields[12]) for _, fields in processes_of(self.children[0].pid))
        return ticks / os.sysconf("SC_CLK_TCK")


def first_line(*command):
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return (run.stdout + run.stderr).splitlines()[0].strip()


class Nginx(Peer):
    name, port = "nginx", 4001

    def command(self):
        keep = "ssl_session_cache shared:all:10m; ssl_session_tickets on;" if self.case.resumed else \
            "ssl_session_cache off; ssl_session_tickets off;"
        conf = self.write("nginx.conf", f"""
daemon off; worker_processes 1; pid {self.path("pid")}; error_log stderr crit; user root;
events {{ worker_connections 8000; multi_accept on; }}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{self.port} ssl backlog={BACKLOG};
        ssl_certificate {self.case.pem}; ssl_certificate_key {self.case.pem};
        ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {SUITES_12}; ssl_conf_command Ciphersuites {SUITES_13};
        ssl_ecdh_curve X25519; {keep}
        location / {{ return 200; }}
    }}
}}
""")
        return "nginx", "-p", self.folder, "-c", conf

    def version(self):
        return first_line("nginx", "-v").replace("nginx version: nginx/", "nginx ")


class Haproxy(Peer):
    name, port = "HAProxy", 4002

    def command(self):
        options = "" if self.case.resumed else "no-tls-tickets"
        cache = "" if self.case.resumed else "tune.ssl.cachesize 0"
        conf = self.write("haproxy.cfg", f"""
global
    nbthread 1
    maxconn 8000
    {cache}
    ssl-default-bind-ciphers {SUITES_12}
    ssl-default-bind-ciphersuites {SUITES_13}
    ssl-default-bind-options ssl-min-ver TLSv1.2 {options}
defaults
    mode http
    timeout client 10s
    timeout connect 10s
    timeout server 10s
frontend compare
    bind 127.0.0.1:{self.port} ssl crt {self.case.pem} curves X25519 backlog {BACKLOG}
    http-request return status 200
""")
        return "haproxy", "-db", "-f", conf

    def version(self):
        return " ".join(first_line("haproxy", "-v").split()[:3]).replace(" version", "")


class Hitch(Peer):
    """It connects to its backend after every handshake. A backend that ran would take from the generator's processor: this
    one is a listener whose queue takes the connections, emptied when the measurement is over. By a UNIX socket, which is
    the cheapest that Hitch has."""

    name, port = "Hitch", 4003

    def start(self):
        self.backend = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        path = self.path("backend")
        if os.path.exists(path):
            os.unlink(path)  # of the case before
        self.backend.bind(path)
        self.backend.listen(BACKLOG)
        super().start()
        # Its worker has moved to processor 0, whatever it was started on: that is the generator's.
        for pid, _ in processes_of(self.children[0].pid):
            os.sched_setaffinity(pid, {int(self.place.server_cpu)})

    def signal(self, number):
        super().signal(number)
        if number == signal.SIGSTOP:
            self.empty_backend()

    def stop(self):
        super().stop()
        self.backend.close()

    def answers(self):
        """By its worker, which has then moved."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe, context.wrap_socket(probe):
                return True
        except OSError:
            return False

    def empty_backend(self):
        while True:
            try:
                self.backend.accept()[0].close()
            except BlockingIOError:
                return

    def command(self):
        conf = self.write("hitch.conf", f"""
frontend = {{ host = "127.0.0.1" port = "{self.port}" }}
backend = "{self.path("backend")}"
pem-file = "{self.case.pem}"
workers = 1
backlog = {BACKLOG}
daemon = off
log-level = 0
tls-protos = TLSv1.2 TLSv1.3
ciphers = "{SUITES_12}"
ciphersuites = "{SUITES_13}"
ecdh-curve = "X25519"
ocsp-dir = ""
""")
        return "hitch", "--config", conf, "--user", "root"

    def version(self):
        return first_line("hitch", "--version")


class Handfast(Server):
    """The daemon polls, so its process is always busy: its time is the TSC cycles of the polls that did something."""

    ip, device, vdev, net = "", "", "", ""

    def start(self):
        self.target = f"{self.ip}:443"
        conf = self.write("handfast.conf", f"""
worker = {{ lcores = [{self.place.server_cpu}]; idle = "poll"; huge_pages = "auto"; memory_mib = 256;
    eal_arguments = ["{self.vdev.format(folder=self.folder)}"]; }};
ports = ({{ device = "{self.device}"; rx_ring_pkts = 4096; tx_ring_pkts = 4096; addresses = ({{ ip = "{self.ip}/24"; }}); }});
central_certificate_store = {{ enabled = false; }};
certificates = ( {{ name = "compare"; file = "{self.case.pem}"; }} );
bindings = ( {{ ip = "*"; port = 443; ssl_flags = 0; certificate = "compare"; }} );
tls = {{ session_tickets = {"true" if self.case.resumed else "false"}; }};
control = {{ socket = "{self.path("control")}"; log_level = "warning"; }};
""")
        program = os.path.join(self.place.build, "handfastd")
        cpus = f"{self.place.generator_cpu},{self.place.server_cpu}"
        self.spawn(program, "-c", conf, cpus=cpus, RUNTIME_DIRECTORY=self.folder, XDG_RUNTIME_DIR=self.folder)
        self.wait_until(self.answers)

    def ask(self):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.path("control"))
            control.sendall(b'{"command": "stats"}\n')
            return json.loads(control.makefile().readline())

    def answers(self):
        try:
            return self.ask()["ok"]
        except OSError:
            return False

    def busy_s(self):
        worker = self.ask()["workers"][0]
        return worker["stats"]["busy_cycles"] / worker["tsc_hz"]

    def version(self):
        return first_line(os.path.join(self.place.build, "handfastd"), "--version")


class HandfastMemif(Handfast):
    """No kernel between generator and server: what Handfast is for."""

    name, link = "Handfast", "memif"
    ip, device = "198.18.0.10", "net_memif0"
    vdev = "--vdev=net_memif0,role=server,rsize=12,socket={folder}/memif"

    @property
    def options(self):
        cpu = self.place.generator_cpu
        eal = f"--vdev=net_memif0,role=client,rsize=12,socket={self.path('memif')}"
        return ("--via", "dpdk", "--device", "net_memif0", "--address", "198.18.0.1/24", "--lcore", cpu, "--eal", eal)


class HandfastTap(Handfast):
    """The kernel as the client, over a tap: each packet is a system call, of the server too."""

    name, link = "Handfast", "tap"
    ip, device = "192.0.2.10", "net_tap0"
    vdev = "--vdev=net_tap0,iface=hf0"
    options = ("--via", "kernel")

    def start(self):
        super().start()
        for command in ("address replace 192.0.2.1/24 dev hf0", "link set hf0 up"):
            subprocess.run(["ip", *command.split()], check=True)


ALL = (HandfastMemif, HandfastTap, Nginx, Haproxy, Hitch)
