# SPDX-License-Identifier: GPL-2.0
"""Results as kselftest wants them, one line per attack."""


class Ktap:
    """A report; how many lines it has is told at the end, when they are known."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        print("TAP version 13", flush=True)

    def result(self, name, fault=None):
        """One line; a fault, in words, is told before it."""
        number = self.passed + self.failed + 1
        for line in (fault or "").splitlines():
            print(f"# {line}")
        if fault is None:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'not ok' if fault is not None else 'ok'} {number} {name}", flush=True)

    def end(self):
        """The totals; returns the status to exit with."""
        print(f"1..{self.passed + self.failed}")
        print(f"# Totals: pass:{self.passed} fail:{self.failed} xfail:0 xpass:0 skip:0 error:0", flush=True)
        return 1 if self.failed else 0
