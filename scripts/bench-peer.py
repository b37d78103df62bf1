#!/usr/bin/env python3
"""The peer of `zbay capacity --batch` in scripts/bench: what calculators reckon, a line of JSON in and one out.

Drives less parity, times the size, less 3.2 % that ZFS keeps back. It is not exact, and that is the point: zbay does more.
"""
import json
import sys

PARITY = {"stripe": 0, "raidz1": 1, "raidz2": 2, "raidz3": 3}


def usable(vdev):
    children, kind = vdev["children"], vdev["type"]
    data = 1 if kind == "mirror" else len(children) - PARITY[kind]
    return data * min(children) * 968 // 1000


write = sys.stdout.write
for line in sys.stdin:
    pool = json.loads(line)
    write(json.dumps({"id": pool["id"], "usable": sum(map(usable, pool["vdevs"]))}) + "\n")
