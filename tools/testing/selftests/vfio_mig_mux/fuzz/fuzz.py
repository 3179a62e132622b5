# SPDX-License-Identifier: GPL-2.0
"""
Sends the module requests that are wrong, or right at the wrong time, from several processes at a time.

Each process is a fuzzer of its own, and an owner of sessions. When they have all ended nothing of theirs may be left,
the module must answer and migrate, and the kernel must have had nothing to complain about.

FUZZ_SEED=1      what chance begins with; each round has seeds of its own
FUZZ_SECONDS=0   begin another round until so much time has passed
"""
import os
import subprocess
import sys
import time
import traceback

import blind
import genl
import knowing
from lib_ktap import Ktap
from spec import Spec

MODULE = "/sys/module/vfio_mig_mux/refcnt"
PATIENCE_S = 30
# Of each thread, in a round
MESSAGES = 500
NOBODY = 65534


def heedless(spec, seed, messages):
    """The same, with a listener that never reads: notifications are written, and in the end lost."""
    listener = genl.Socket()
    listener.listen(spec.name)
    return knowing.run(spec, seed, messages)


def unprivileged(spec, seed, messages):
    """The same as anybody else: whatever is asked, nothing is granted."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    granted = knowing.run(spec, seed, messages // 4)
    if granted:
        raise PermissionError(f"{granted} requests of an unprivileged user were granted")
    return 0


FUZZERS = (knowing.run, heedless, blind.run, unprivileged)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def spawn(fuzzer, *args):
    """Lets a fuzzer loose as a process of its own."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        granted = fuzzer(*args)
        print(f"# {fuzzer.__module__}.{fuzzer.__name__}, seed {args[1]}: {granted} requests granted", flush=True)
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
    os._exit(status)


def comes_to(what, expected):
    """Waits for a state that comes by itself; returns what is wrong otherwise."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        seen = what()
        if seen == expected:
            return None
        time.sleep(0.01)
    return f"it is {seen!r}, not {expected!r}"


def sessions(spec):
    """How many there are; tells that the family answers, too."""
    sock = genl.Socket()
    operation = spec.operations["session-get"].number
    error, replies = sock.ask(sock.family(spec.name), operation, b"", genl.NLM_F_DUMP)
    return len(replies) if not error else f"error {error}"


def migrates():
    """Whether an honest migration works."""
    answer = subprocess.run(["./adversary_host"], input="works\n", capture_output=True, text=True, check=False).stdout
    return answer.splitlines()[-1]


def one_round(spec, seed):
    """All fuzzers at a time; returns how many have failed."""
    started = [spawn(fuzzer, spec, seed + number, MESSAGES) for number, fuzzer in enumerate(FUZZERS)]
    return sum(os.waitpid(process, 0)[1] != 0 for process in started)


def main():
    seed = int(os.environ.get("FUZZ_SEED", "1"))
    until = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "0"))
    spec = Spec("netlink_spec.json")
    migrates()
    taint = read("/proc/sys/kernel/tainted")
    checks = (
        ("no session is left", lambda: sessions(spec), 0),
        ("the module is not held", lambda: read(MODULE), "0"),
        ("others migrate as ever", migrates, "{}"),
        ("the kernel is well", lambda: read("/proc/sys/kernel/tainted"), taint),
    )
    ktap = Ktap()
    while True:
        failed = one_round(spec, seed)
        ktap.result(f"seed {seed}: the fuzzers end by themselves", f"{failed} do not" if failed else None)
        for name, what, expected in checks:
            ktap.result(f"seed {seed}: {name}", comes_to(what, expected))
        seed += len(FUZZERS)
        if time.monotonic() >= until:
            return ktap.end()


sys.exit(main())
