#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures Handfast and its peers in turns; run.sh starts it. Results go into build/compare, one file per case.

For each case: all servers are started and stopped (SIGSTOP). Then ROUNDS times each of them in turn runs alone under a closed
loop of connections (the highest rate, and what a handshake costs its processor); then, as often, under an open loop at half of the slowest
peer's highest rate (latency, counted from when each connection was due).
"""
import argparse
import dataclasses
import json
import os
import signal
import statistics
import subprocess
import time

import page
import servers

# What of the measured time is not looked at, while load rises and falls.
MARGIN_S = 0.2
SAMPLE_EVERY_S = 0.1
CONNECTIONS = 256
# A resumed case begins with clients that have no ticket yet, all at once: not looked at, and bounded in number.
WARM_UP_S = 0.5
# A processor is saturated when it has worked for this share of the time.
SATURATED = 0.95


@dataclasses.dataclass
class Place:
    """Where everything is."""

    build: str
    lab: str
    server_cpu: str
    generator_cpu: str


@dataclasses.dataclass
class Case:
    """What is compared."""

    tls: str
    key: str
    resumed: bool
    pem: str

    @property
    def name(self):
        return f"tls{self.tls}-{self.key}-{'resumed' if self.resumed else 'full'}"


def all_cases(lab):
    return [
        Case(tls, key, resumed, os.path.join(lab, f"{key}.pem"))
        for resumed in (False, True)
        for tls in ("1.3", "1.2")
        for key in ("p256", "rsa")
    ]


QUICK_CASES = "tls1.3-p256-full tls1.3-rsa-full tls1.2-p256-full tls1.3-p256-resumed"


def load_command(place, server, seconds, load):
    # X25519 is what is agreed on; in TLS 1.2 a certificate's curve has to be among the groups (RFC 8422 section 5.1).
    suites, groups = servers.SUITES_13 if server.case.tls == "1.3" else servers.SUITES_12, "X25519,P-256"
    command = [os.path.join(place.build, "handfast-bench"), *server.options, "--tls", server.case.tls, "--sni", "compare.test"]
    command += ["--ciphers", suites, "--groups", groups, "--resume", "1" if server.case.resumed else "0"]
    command += ["--warm-up", f"{WARM_UP_S}s"] if server.case.resumed else []
    command += ["--verify", "1/100", "--duration", f"{seconds}s", "--json", "-", *load, server.target]
    return ["taskset", "-c", place.generator_cpu, *command]


def run_load(place, server, seconds, load, is_watched):
    """@param is_watched  look at the processors every now and then: that is how it is known that one was saturated, and it
    would show in percentiles. @return the generator's result, with what the server's processor did for it."""
    command = load_command(place, server, seconds, load)
    samples = []
    server.signal(signal.SIGCONT)
    before_s = server.busy_s()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        while is_watched and child.poll() is None:
            samples.append((time.monotonic(), server.busy_s(), worked_s(place.generator_cpu)))
            time.sleep(SAMPLE_EVERY_S)
        out, err = child.communicate()
    worked_for_it_s = server.busy_s() - before_s
    server.signal(signal.SIGSTOP)
    if child.returncode not in (0, 1) or not out:
        raise SystemExit(f"compare: {server.name}: {' '.join(command)}\n{err}{out}")
    result = json.loads(out)
    result["cpu_us"] = worked_for_it_s / max(result["handshakes_in_all"], 1) * 1e6
    result["resumed"] /= max(result["handshakes"], 1)
    result["busy"] = busy_share([sample[:2] for sample in samples], seconds)
    result["generator_cpu"] = max(result["busiest_thread"], busy_share([sample[::2] for sample in samples], seconds))
    return result


def worked_s(cpu):
    """@return how long a processor has not been idle, in seconds."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = next(line.split()[1:] for line in file if line.startswith(f"cpu{cpu} "))
    idle, iowait = int(ticks[3]), int(ticks[4])
    return (sum(map(int, ticks[:8])) - idle - iowait) / os.sysconf("SC_CLK_TCK")


def busy_share(samples, seconds):
    """Of the busiest stretch that is a little shorter than the measured time: there is no load before and after it."""
    length = seconds - MARGIN_S
    shares = [0.0]
    for i, (t0, b0) in enumerate(samples):
        t1, b1 = next(((t, b) for t, b in samples[i:] if t - t0 >= length), (t0, b0))
        if t1 > t0:
            shares.append((b1 - b0) / (t1 - t0))
    return max(shares)


def measure_rate(place, server, seconds):
    result = run_load(place, server, seconds, ["--connections", str(CONNECTIONS)], is_watched=True)
    return {
        **{key: result[key] for key in ("cpu_us", "busy", "generator_cpu", "resumed")},
        "rate": result["handshakes_per_second"],
        "errors": result["errors"]["total"],
    }


def measure_latency(place, server, seconds, rate):
    load = ["--rate", f"{rate:.0f}", "--poisson", *(["--connections", str(CONNECTIONS)] if server.case.resumed else [])]
    result = run_load(place, server, seconds, load, is_watched=False)
    whole = result["phases"]["whole"]
    return {
        **{key: whole[key] for key in ("p50_us", "p99_us", "p99.9_us")},
        "cpu_us": result["cpu_us"],
        "resumed": result["resumed"],
        "errors": result["errors"]["total"],
    }


def medians(rounds):
    """The median of each figure over the rounds, and the spread of the rates."""
    middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    if "rate" in middle:
        middle["rate_low"], middle["rate_high"] = min(one["rate"] for one in rounds), max(one["rate"] for one in rounds)
    return middle


def is_saturated(figures):
    return figures["busy"] >= SATURATED


def measure_case(case, place, options):
    wanted = options.servers.split()
    started = [kind(case, place) for kind in servers.ALL if not wanted or kind.__name__ in wanted]
    try:
        for server in started:
            server.start()
            server.signal(signal.SIGSTOP)
        rates = {server: [] for server in started}
        for _ in range(options.rounds):
            for server in started:
                rates[server].append(measure_rate(place, server, options.seconds))
        saturated = {server: medians(rounds) for server, rounds in rates.items()}
        half = min(saturated[server]["rate"] for server in started if isinstance(server, servers.Peer)) / 2
        delays = {server: [] for server in started}
        for _ in range(options.latency_rounds):
            for server in started:
                delays[server].append(measure_latency(place, server, options.seconds, half))
    finally:
        for server in started:
            server.stop()
    return {
        "case": dataclasses.asdict(case),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "latency_rate": half,
        "connections": CONNECTIONS,
        "servers": [
            {
                "name": server.name,
                "link": server.link,
                "version": server.version(),
                "is_peer": isinstance(server, servers.Peer),
                "saturated": is_saturated(saturated[server]),
                **saturated[server],
                "latency": medians(delays[server]),
            }
            for server in started
        ],
    }


def read_results(folder, lab):
    """Also of cases that were measured by an earlier run."""
    for case in all_cases(lab):
        path = os.path.join(folder, case.name + ".json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                yield json.load(file)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--cases", default="", help="names of cases (all)")
    parser.add_argument("--servers", default="", help="names of servers (all)")
    parser.add_argument("--quick", action="store_true", help="some cases, short rounds, no page: under 3 minutes")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.cases = 3, 1, options.cases or QUICK_CASES
    options.latency_rounds = 1 if options.quick else options.rounds
    return options


def main():
    options = parse()
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        raise SystemExit("compare: two processors are needed, one for the server, one for the generator")
    place = Place(options.build, options.lab, str(cpus[-1]), str(cpus[0]))
    os.sched_setaffinity(0, {cpus[0]})
    try:
        os.nice(-20)  # servers and generators inherit it: what else runs on the machine gets out of the way
    except PermissionError:
        print("compare: not root: what else runs on this machine will disturb the figures")
    folder = os.path.join(options.build, "compare", "quick" if options.quick else "full")
    os.makedirs(folder, exist_ok=True)
    wanted = options.cases.split()
    for case in all_cases(options.lab):
        if wanted and case.name not in wanted:
            continue
        result = measure_case(case, place, options)
        with open(os.path.join(folder, case.name + ".json"), "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
        print("\n".join(page.case_lines(result)), end="\n\n", flush=True)
    if not options.quick:
        page.write(list(read_results(folder, options.lab)), "docs")


if __name__ == "__main__":
    main()
