"""Weeks of figures as a few hosts would publish them: the shape of days and weeks, noise, growth, a holiday, and faults.

Everything follows from the seed. Times are in seconds since 1970; the first moment is a Monday.
"""

import collections
import math
import random

WEEK, DAY, HOUR, MINUTE = 604800, 86400, 3600, 60
WEEKS = 8
START = 1_600_041_600 - 2 * DAY - HOUR * 0  # Saturday
START -= (START - 4 * DAY) % WEEK  # 1970 began on a Thursday: a Monday
END = START + WEEKS * WEEK
RAW = 120

Fault = collections.namedtuple("Fault", "title begin end kind amount")
Host = collections.namedtuple("Host", "name kind since faults seed")


def at(week, day, hour):
    """The moment in a week (from 1), on a day (Monday is 0), at an hour."""
    return START + int((week - 1) * WEEK + day * DAY + hour * HOUR)


HOLIDAY = at(7, 2, 0)


def hosts(seed):
    """Four hosts of eight weeks, and one that is three weeks old; faults in the last two weeks, without one in the sixth."""
    return [
        Host("shop-1", "shop", START, [
            Fault("stuck loop at night, +35 % CPU", at(7, 1, 2), at(7, 1, 5), "cpu", 35),
            Fault("loss of traffic, to a tenth", at(7, 3, 10), at(7, 3, 12), "traffic", 0.1),
            Fault("runaway at noon, 97 % CPU", at(8, 1, 12), at(8, 1, 13), "cpu_to", 97),
        ], seed * 10 + 1),
        Host("shop-2", "shop", START, [
            Fault("slow leak, 20 MB an hour", at(7, 0, 6), at(7, 3, 6), "leak", 20),
            Fault("copy at night, +45 MB/s", at(8, 2, 3), at(8, 2, 5), "network", 45),
        ], seed * 10 + 2),
        Host("office-1", "office", START, [
            Fault("loop on a Sunday, +45 % CPU", at(7, 6, 11), at(7, 6, 15), "cpu", 45),
            Fault("memory jumps by 20 %", at(8, 3, 9), at(8, 3, 15), "memory", 20),
        ], seed * 10 + 3),
        Host("db-1", "flat", START, [
            Fault("plan gone bad, +25 % CPU", at(7, 4, 14), at(7, 4, 18), "cpu", 25),
            Fault("leak until full, 1 % an hour", at(8, 4, 0), at(8, 5, 6), "memory_leak", 1.0),
        ], seed * 10 + 4),
        Host("new-1", "shop", END - 20 * DAY, [
            Fault("stuck loop at night, +35 % CPU, three weeks old", at(8, 1, 2), at(8, 1, 5), "cpu", 35),
        ], seed * 10 + 5),
    ]


def periods(all_hosts):
    """Titles and bounds of the periods in which false alarms are counted, each with the hosts that count."""
    old = [host.name for host in all_hosts if host.since == START]
    new = [host.name for host in all_hosts if host.since != START]
    return [
        ("days 1 to 5: too little is known", START, START + 5 * DAY, old),
        ("until the end of week 3: measured by days", START + 5 * DAY, at(4, 0, 0), old),
        ("weeks 4 to 6: measured by weeks", at(4, 0, 0), at(7, 0, 0), old),
        ("weeks 7 and 8: with faults, less the holiday's day", at(7, 0, 0), HOLIDAY, old),
        ("the same, after the holiday", HOLIDAY + DAY, END, old),
        ("the holiday, a Wednesday like a Sunday", HOLIDAY, HOLIDAY + DAY, old),
        ("the new host, 20 days", END - 20 * DAY, END, new),
    ]


def openmetrics(all_hosts):
    """Lines of OpenMetrics, family by family."""
    families = collections.defaultdict(list)
    for host in all_hosts:
        for family, labels, stamp, value in figures(host):
            families[family].append(f'{family}{{job="prunelle",instance="{host.name}"{labels}}} {value:.6g} {stamp}\n')
    for family, lines in sorted(families.items()):
        yield f"# TYPE {family.removesuffix('_total')} {'counter' if family.endswith('_total') else 'gauge'}\n"
        yield from lines
    yield "# EOF\n"


def busy(kind, stamp):
    """How much there is to do, from 0 to 1, at this time of the day and of the week."""
    hour, day = stamp % DAY / HOUR, (stamp - START) // DAY % 7
    if HOLIDAY <= stamp < HOLIDAY + DAY:
        day = 6
    if kind == "shop":
        wave = 0.12 + 0.88 * max(0.0, math.sin((hour - 6) / 18 * math.pi)) ** 1.5 if hour > 6 else 0.12
        return wave * (0.75 if day >= 5 else 1.0)
    if kind == "office":
        if day >= 5:
            return 0.05
        return 0.05 + 0.9 / (1 + math.exp(-(hour - 8) * 4)) / (1 + math.exp((hour - 18) * 3))
    return 0.5


def figures(host):
    """All figures of a host: family, further labels, time, value."""
    chance = random.Random(host.seed)
    cpu_noise = network_noise = memory_noise = 0.0
    burst_until = 0
    jitter = day_factor = 0.0
    cpu_seconds, leak = 0.0, 0.0
    for stamp in range(host.since, END, RAW):
        if (stamp - START) % DAY < RAW or stamp == host.since:
            # A day may be busier than its like; the backup does not begin on the minute.
            day_factor, jitter = 1 + chance.gauss(0, 0.06), chance.gauss(0, 10) * MINUTE
        growth = 1 + 0.02 * (stamp - START) / WEEK
        cpu_noise = 0.7 * cpu_noise + chance.gauss(0, 1.8)
        network_noise = 0.7 * network_noise + chance.gauss(0, 0.05)
        memory_noise = 0.98 * memory_noise + chance.gauss(0, 0.15)
        load = busy(host.kind, stamp) * day_factor * growth
        if stamp >= burst_until and chance.random() < RAW / (8 * HOUR):
            burst_until = stamp + chance.uniform(3, 15) * MINUTE
        burst = 15 if stamp < burst_until else 0
        backup = 25 if 0 <= stamp % DAY - HOUR - jitter < 40 * MINUTE else 0
        service_cpu = max(0.5, 4 + 40 * load + cpu_noise)
        cpu = service_cpu + 6 + backup + burst
        traffic = max(0.02, (1 + 50 * load) * (1 + network_noise))
        memory = {"shop": 50, "office": 40, "flat": 70}[host.kind] + 8 * load + memory_noise
        service_memory = 900 + 250 * load + 8 * memory_noise

        for fault in host.faults:
            if not fault.begin <= stamp < fault.end:
                continue
            if fault.kind == "cpu":
                service_cpu, cpu = service_cpu + fault.amount, cpu + fault.amount
            elif fault.kind == "cpu_to":
                service_cpu, cpu = service_cpu + fault.amount - cpu, fault.amount
            elif fault.kind == "traffic":
                traffic *= fault.amount
                cpu, service_cpu = cpu - 0.8 * service_cpu, 0.2 * service_cpu
            elif fault.kind == "network":
                traffic += fault.amount
            elif fault.kind == "memory":
                memory += fault.amount
            elif fault.kind == "memory_leak":
                memory += fault.amount * (stamp - fault.begin) / HOUR
            elif fault.kind == "leak":
                leak = fault.amount * (stamp - fault.begin) / HOUR
                service_memory += leak
                memory += leak / 160  # of 16 GB
        cpu = min(cpu, 100.0)
        # Two CPUs.
        cpu_seconds += min(service_cpu, 100.0) / 100 * 2 * RAW
        service = ',name="app.service"'
        yield "prunelle_cpu_usage_ratio", "", stamp, cpu / 100
        yield "prunelle_memory_usage_ratio", "", stamp, min(memory, 99.0) / 100
        yield "prunelle_network_receive_bytes_per_second", ',device="eth0"', stamp, traffic * 1e6 / 4
        yield "prunelle_network_transmit_bytes_per_second", ',device="eth0"', stamp, traffic * 1e6
        yield "prunelle_service_cpu_seconds_total", service + ',mode="user"', stamp, cpu_seconds
        yield "prunelle_service_memory_anon_bytes", service, stamp, service_memory * 1e6
        for resource, warning, critical in (("cpu", 0.8, 0.95), ("memory", 0.85, 0.95)):
            for severity, value in (("warning", warning), ("critical", critical)):
                yield "prunelle_threshold_ratio", f',resource="{resource}",severity="{severity}"', stamp, value
        yield ("prunelle_threshold_bytes_per_second", ',resource="network",severity="warning"', stamp, 1e8)
