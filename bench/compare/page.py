# SPDX-License-Identifier: BSD-3-Clause
"""docs/compare.md and its plots, from the results of all cases that have been measured."""
import datetime
import json
import os
import subprocess

KEYS = {"p256": "ECDSA P-256", "rsa": "RSA-2048"}
HERE = os.path.dirname(os.path.abspath(__file__))
# A thread of the generator, or its processor with the kernel's part, that has no more to give.
GENERATOR_FULL = 0.9


def title(case):
    return f"TLS {case['tls']}, {KEYS[case['key']]}, {'resumed' if case['resumed'] else 'full'}"


def label(server):
    return f"{server['name']}, {server['link']}"


def rate_of(server):
    if server["saturated"]:
        return f"{server['rate']:,.0f}"
    return "generator-bound" if server["generator_cpu"] >= GENERATOR_FULL else "not saturated"


def row(server, result):
    latency = server["latency"]
    cheapest = min(peer["cpu_us"] for peer in result["servers"] if peer["is_peer"])
    errors = server["errors"] + latency["errors"]
    cells = [label(server), rate_of(server), f"{server['cpu_us']:.0f}", f"{cheapest / server['cpu_us']:.2f}"]
    delays = (f"{latency[key]:,.0f}" for key in ("p50_us", "p99_us", "p99.9_us"))
    # Above what it can do clients wait for ever longer: that is no latency.
    cells += [f"{latency['cpu_us']:.0f}", *(delays if server["rate"] > result["latency_rate"] else ("overloaded", "-", "-"))]
    return "| " + " | ".join(cells) + " |" + (f" {errors:.0f} errors" if errors else "")


def case_lines(result):
    yield f"### {title(result['case'])}"
    yield ""
    yield f"Half of the slowest peer's highest rate: {result['latency_rate']:,.0f} handshakes/s."
    yield ""
    yield "| | handshakes/s | CPU each, µs | best peer ÷ this | CPU each at half, µs | p50, µs | p99 | p99.9 |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for server in result["servers"]:
        yield row(server, result)
    if result["case"]["resumed"]:
        shares = [load["resumed"] for server in result["servers"] for load in (server, server["latency"])]
        yield ""
        yield f"Resumed: {min(shares):.1%} of the handshakes at least. The others are clients' first."


def best_lines(results):
    """What it comes to: per case, the best peer beside Handfast without the kernel."""
    yield "| | Handfast, memif: CPU each, µs | best peer: CPU each, µs | ratio | ratio of the rates | ratio at half load |"
    yield "|---|---:|---:|---:|---:|---:|"
    for result in results:
        ours = next((server for server in result["servers"] if server["link"] == "memif"), None)
        if ours is None:
            continue
        peers = [server for server in result["servers"] if server["is_peer"]]
        peer = min(peers, key=lambda server: server["cpu_us"])
        fastest = max(server["rate"] for server in peers)
        rates = f"{ours['rate'] / fastest:.2f}" if ours["saturated"] and peer["saturated"] else "-"
        half = min(server["latency"]["cpu_us"] for server in peers) / ours["latency"]["cpu_us"]
        yield (
            f"| {title(result['case'])} | {ours['cpu_us']:.0f} | {peer['cpu_us']:.0f} ({peer['name']}) | "
            f"{peer['cpu_us'] / ours['cpu_us']:.2f} | {rates} | {half:.2f} |"
        )


def machine():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        fields = [line.partition(":")[2].strip() for line in file if line.startswith(("model name", "cpu family", "model\t"))]
    family, model, name = fields[:3]
    kernel = ".".join(os.uname().release.split(".")[:2])
    libssl = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.split(" (")[0]
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{name} (family {family}, model {model}), {os.cpu_count()} processors, Linux {kernel}; {libssl} for all; DPDK {dpdk}"


def plot(docs, name, settings, lines):
    """A plot of gnuplot's. Its data go in by standard input, the settings are in plot.gp."""
    script = f"set output '{docs}/{name}.svg'\n{settings}\nload '{HERE}/plot.gp'\n"
    data = "\n".join(lines) + "\n"
    subprocess.run(["gnuplot"], input=f"$data << EOD\n{data}EOD\n{script}", text=True, check=True)


def quoted(words):
    return " ".join(f'"{word}"' for word in words)


def plots(results, docs):
    full = [result for result in results if not result["case"]["resumed"]]
    names = list(dict.fromkeys(label(server) for result in full for server in result["servers"]))
    lines = [quoted(["", *names])]
    for result in full:
        cells = {label(server): f"{server['cpu_us']:.1f}" for server in result["servers"]}
        lines.append(" ".join([quoted([title(result["case"])[:-6]]), *(cells.get(name, "-") for name in names)]))
    plot(docs, "compare-cpu", f"set ylabel 'server CPU per full handshake, µs'\nlow = 0\nn = {len(names)}", lines)
    first = full[0]
    lines = [quoted(["", *names])]
    for key in ("p50", "p99", "p99.9"):
        cells = {label(server): f"{server['latency'][key + '_us']:.1f}" for server in first["servers"]}
        lines.append(" ".join([quoted([key]), *(cells.get(name, "-") for name in names)]))
    heading = f"{title(first['case'])}, {first['latency_rate']:,.0f} per second"
    plot(docs, "compare-latency", f"set title '{heading}'\nset ylabel 'from due to established, µs'\nset logscale y\nlow = 100\nn = {len(names)}", lines)


def write(results, docs):
    """Write the page. @param results  of all cases, in the order in which they are shown."""
    versions = dict.fromkeys(server["version"] for result in results for server in result["servers"])
    first = results[0]
    with open(os.path.join(HERE, "compare.md.in"), encoding="utf-8") as file:
        text = file.read()
    fields = {
        "DATE": datetime.date.today().isoformat(),
        "MACHINE": machine(),
        "VERSIONS": ", ".join(versions),
        "ROUNDS": str(first["rounds"]),
        "SECONDS": f"{first['seconds']:g}",
        "CONNECTIONS": str(first["connections"]),
        "BEST": "\n".join(best_lines(results)),
        "CASES": "\n\n".join("\n".join(case_lines(result)) for result in results),
    }
    for key, value in fields.items():
        text = text.replace(f"@{key}@", value)
    with open(os.path.join(docs, "compare.md"), "w", encoding="utf-8") as file:
        file.write(text)
    plots(results, docs)
