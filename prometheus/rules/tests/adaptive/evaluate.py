#!/usr/bin/env python3
"""How well do the adaptive thresholds do, beside the fixed ones?

Makes weeks of synthetic figures of a few hosts (synthetic.py), with faults planted in them, has a real Prometheus
evaluate the shipped rules over all of it, and says which faults each alert caught, how late, and how often it was wrong.
Needs prometheus and promtool on PATH, Python 3.9, 1 GB in the temporary folder, and a minute or two. Usage:

    prometheus/rules/tests/adaptive/evaluate.py [--seed N]

Recording rules are evaluated level by level by `promtool tsdb create-blocks-from rules`, alerts by range queries, to which
`for` and `keep_firing_for` are applied here, as Prometheus does.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import synthetic

RULES = pathlib.Path(__file__).resolve().parents[2]
ADAPTIVE = ["CpuUnusual", "MemoryUnusual", "NetworkUnusual", "ServiceCpuUnusual", "ServiceMemoryUnusual"]
FIXED = ["CpuHigh", "MemoryHigh", "NetworkHigh"]
STEP = 120
# Recorded in this order: each level reads what those before have written.
LEVELS = [
    ["prunelle:signal:avg5m"],
    ["prunelle:signal:median1h", "prunelle:signal:spread1h"],
    ["prunelle:band:expected"],
    ["prunelle:band:width"],
    ["prunelle:band:lower"],
]


class Prometheus:
    """A Prometheus on a folder of blocks, which scrapes nothing."""

    def __init__(self, folder, rules=()):
        self.folder = folder
        config = folder / "prometheus.yml"
        config.write_text("rule_files: [%s]\n" % ", ".join(json.dumps(str(rule)) for rule in rules))
        self.log = open(folder / "log", "a+", encoding="utf-8")
        start = self.log.seek(0, 2)
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
             "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:0",
             "--query.max-samples=200000000", "--query.timeout=1h", "--log.level=info"],
            stdout=subprocess.DEVNULL, stderr=self.log)
        self.url = self.wait(start)

    def wait(self, start):
        for _ in range(600):
            if self.process.poll() is not None:
                break
            self.log.seek(start)
            text = self.log.read()
            found = re.search(r'msg="?Listening on"? address=(\S+)', text)
            if found and "Server is ready" in text:
                return "http://" + found.group(1)
            time.sleep(0.1)
        raise SystemExit("prometheus does not start: see " + self.log.name)

    def get(self, path, **parameters):
        url = f"{self.url}/api/v1/{path}"
        data = urllib.parse.urlencode(parameters).encode() if parameters else None
        try:
            with urllib.request.urlopen(url, data) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{error}: {error.read().decode()}") from error

    def rules(self):
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]

    def series(self, expression, start, end):
        """The times at which each series of an expression has a value; at most 10,000 steps a question."""
        found = {}
        while start <= end:
            until = min(end, start + 10_000 * STEP)
            for series in self.get("query_range", query=expression, start=start, end=until, step=STEP)["result"]:
                found.setdefault(json.dumps(series["metric"], sort_keys=True), []).extend(
                    int(at) for at, _ in series["values"])
            start = until + STEP
        return [(json.loads(metric), times) for metric, times in found.items()]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def load(folder, lines):
    """Writes samples into blocks of ten days."""
    file = folder / "samples.om"
    with open(file, "w", encoding="utf-8") as out:
        out.writelines(lines)
    promtool(["tsdb", "create-blocks-from", "--quiet", "--max-block-duration=240h", "openmetrics",
              str(file), str(folder / "data")])
    file.unlink()


def promtool(arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"promtool {' '.join(arguments)}: {done.stdout[-2000:]} {done.stderr[-2000:]}")


def record(folder, rules, start, end):
    """Evaluates the recording rules, level by level."""
    for level in LEVELS:
        chosen = [rule for rule in rules if rule["name"] in level]
        group = {"name": "level", "interval": "4m" if "avg5m" not in level[0] else "2m", "rules": [
            {"record": rule["name"], "expr": rule["query"], "labels": rule.get("labels", {})} for rule in chosen]}
        file = folder / "level.json.yml"
        file.write_text(json.dumps({"groups": [group]}))
        server = Prometheus(folder)
        promtool(["tsdb", "create-blocks-from", "--quiet", "--max-block-duration=240h", "rules", f"--url={server.url}",
                  f"--start={start}", f"--end={end}", f"--output-dir={folder / 'data'}", str(file)])
        server.stop()


def episodes(times, wait, keep):
    """From when to when an alert fires whose expression is true at these times."""
    found, since, last = [], None, None
    for at in sorted(times):
        if last is None or at - last > STEP:
            # Still firing by `keep_firing_for`: the episode goes on.
            if found and last is not None and found[-1][1] == last and at - last <= keep:
                found[-1][1] = last = at
                since = min(since, at)
                continue
            since = at
        last = at
        if at - since >= wait:
            if found and found[-1][0] >= since:
                found[-1][1] = at
            elif found and found[-1][1] >= since:
                found[-1][1] = at
            else:
                found.append([at, at])
    return [(begin, end + keep) for begin, end in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="also name each false alarm")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "data").mkdir()
        # The rules as Prometheus itself reads them.
        (folder / "rules").mkdir()
        empty = folder / "rules"
        reader = Prometheus(empty, [RULES / "adaptive.yml", RULES / "resources.yml"])
        rules = reader.rules()
        reader.stop()

        hosts = synthetic.hosts(options.seed)
        start, end = synthetic.START, synthetic.END
        load(folder, synthetic.openmetrics(hosts))
        record(folder, [rule for rule in rules if rule["type"] == "recording"], start, end)
        server = Prometheus(folder)
        fired = []
        for rule in rules:
            if rule["type"] != "alerting" or rule["name"] not in ADAPTIVE + FIXED:
                continue
            for metric, times in server.series(rule["query"], start, end):
                for begin, until in episodes(times, rule["duration"], rule.get("keepFiringFor", 0)):
                    fired.append((rule["name"], metric, begin, until))
        samples = sum(len(times) for _, times in server.series("count(prunelle:signal:avg5m)", end - STEP, end))
        server.stop()
        assert samples, "nothing was recorded"
    report(hosts, fired, options.verbose)
    print(f"\nseed {options.seed}, {time.monotonic() - began:.0f} s")


def report(hosts, fired, verbose):
    faults = [(host.name, fault) for host in hosts for fault in host.faults]
    print("| fault | lasts | fixed thresholds | adaptive |\n| --- | --- | --- | --- |")
    used = set()
    for name, fault in faults:
        cells = []
        for names in (FIXED, ADAPTIVE):
            # An alert during the fault is about it; so is one that begins soon after.
            hits = [(begin, alert) for alert, metric, begin, until in fired
                    if alert in names and metric["instance"] == name
                    and begin < fault.end + 3600 and until > fault.begin]
            used.update((alert, name, begin) for begin, alert in hits)
            new = [hit for hit in hits if hit[0] >= fault.begin and hit[0] < fault.end]
            cells.append(f"after {span(min(new)[0] - fault.begin)} ({min(new)[1]})" if new else "–")
        print(f"| {fault.title} ({name}) | {span(fault.end - fault.begin)} | {cells[0]} | {cells[1]} |")
    print("\n| false alarms | fixed | adaptive |\n| --- | --: | --: |")
    wrong = [(alert, metric, begin, until) for alert, metric, begin, until in fired
             if (alert, metric["instance"], begin) not in used]
    for title, begin, end, names in synthetic.periods(hosts):
        cells = []
        for alerts in (FIXED, ADAPTIVE):
            there = [it for it in wrong if it[0] in alerts and begin <= it[2] < end and it[1]["instance"] in names]
            cells.append(f"{len(there)} ({len(there) / (len(names) * (end - begin) / 604800):.2f})")
        print(f"| {title} | {cells[0]} | {cells[1]} |")
    if verbose:
        for alert, metric, begin, until in sorted(wrong, key=lambda it: it[2]):
            subject = " ".join(metric.get(key, "") for key in ("instance", "name", "device", "direction", "severity"))
            print(time.strftime("%a %d %H:%M", time.gmtime(begin)), f"day {(begin - synthetic.START) / 86400:.1f}",
                  span(until - begin), alert, subject)


def span(seconds):
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main()
