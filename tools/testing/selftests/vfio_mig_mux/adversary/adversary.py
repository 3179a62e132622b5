# SPDX-License-Identifier: GPL-2.0
"""
A hostile host on the wire, against real sessions of this one.

Each attack must be refused by name: the error's number and words are compared. After each group the sessions of
others still work, and at the end the kernel must have had nothing to complain about.

usage: adversary.py [GROUP]...
"""
import sys
import traceback

from attack_abort import AbortGroup
from attack_acks import AcksGroup
from attack_course import CourseGroup
from attack_frames import groups as frames_groups
from attack_hello import HelloGroup, check_vectors
from attack_hello_ack import HelloAckGroup
from host import Broken, Host, same
from lib_ktap import Ktap

GROUPS = (
    HelloGroup,
    HelloAckGroup,
    lambda: AbortGroup("destination"),
    lambda: AbortGroup("source"),
    *(lambda group=group: group for group in frames_groups()),
    AcksGroup,
    CourseGroup,
)


def taint():
    """What the kernel has against itself."""
    with open("/proc/sys/kernel/tainted", encoding="ascii") as file:
        return int(file.read())


def judge(ktap, name, check):
    """Runs a check and reports it; returns whether it has passed."""
    fault = None
    try:
        check()
    except Broken as broken:
        fault = str(broken)
    except (EOFError, OSError, ValueError):
        fault = traceback.format_exc(limit=-4)
    ktap.result(name, fault)
    return fault is None


def run(ktap, host, names):
    """Runs groups; returns how many attacks there were."""
    count = 0
    for make in GROUPS:
        group = make()
        if names and group.name not in names:
            continue
        for name, attack in group.attacks(host):
            judge(ktap, f"{group.name}: {name}", attack)
            count += 1
        judge(ktap, f"{group.name}: others migrate as ever", lambda: host.must("works"))
    return count


def main():
    ktap = Ktap()
    judge(ktap, "codec: says what the document says", check_vectors)
    host = Host()
    # The modules are loaded by now, and have left their own mark.
    before = taint()
    count = run(ktap, host, sys.argv[1:])
    judge(ktap, "the owner of the sessions is well", lambda: same("status", host.end(), 0))
    judge(ktap, "the kernel is well", lambda: same("taint", taint(), before))
    print(f"# {count} attacks")
    return ktap.end()


sys.exit(main())
