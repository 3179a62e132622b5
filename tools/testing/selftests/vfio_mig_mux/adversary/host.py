# SPDX-License-Identifier: GPL-2.0
"""The host that is attacked: real sessions, owned by adversary_host, and connections to them."""
import errno
import json
import os
import socket
import subprocess
import time

from peer import Peer

# As in uapi/linux/vfio_mig_mux.h
CONNECTING, ACTIVE, PAUSED, COMPLETED, FAILED, ABORTED = range(1, 7)
CHANNEL_FAILED = 4
LOCAL, PEER = 0, 1

PATIENCE_S = 15


class Broken(Exception):
    """An attack had another outcome than it must have."""


def same(what, seen, expected):
    """Is broken unless both are the same."""
    if seen != expected:
        raise Broken(f"{what} is {seen!r}, not {expected!r}")


def worded(text, code):
    """The forms that the module's own text has: with the error's name where the kernel knows names, else its number."""
    return f"{text} (-{errno.errorcode[code]})", f"{text} (-{code})"


def same_error(what, seen, code, text):
    """Is broken unless an error of the attacked host has this number and text."""
    if seen.get("code") != code or seen.get("origin") != LOCAL or seen.get("text") not in worded(text, code):
        raise Broken(f"{what}: expected error {code} '{text}', got {seen}")


class Host:
    """The process that owns the sessions."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["./adversary_host"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="latin-1"
        )
        self.port = json.loads(self.process.stdout.readline())["port"]

    def ask(self, *words):
        """Has it do something and returns its answer."""
        print(*words, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("adversary_host has died")
        return json.loads(line)

    def must(self, *words):
        """The same, for what must succeed."""
        answer = self.ask(*words)
        if "error" in answer:
            raise Broken(f"{words[0]} was refused: {answer}")
        return answer

    def connection(self):
        """A connection that the host takes over with its next `connect`."""
        return Peer(socket.create_connection(("127.0.0.1", self.port)))

    def end(self):
        """Has the process go."""
        self.process.stdin.close()
        return self.process.wait()


class Session:
    """A session of the host; by itself one that is over when its last channel is."""

    def __init__(self, host, role, uuid=None, channels=1, devices=1, slots=4, features=1, resume=0, timeout=0):
        self.host = host
        self.role = role
        self.uuid = uuid or os.urandom(16)
        self.slots = slots
        made = host.must("open", role, self.uuid.hex(), channels, devices, slots, features, resume, timeout)
        self.number = made["session"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.ask("close", self.number)

    def connect(self, number=None):
        """Hands a connection to the session and returns the other end."""
        peer = self.host.connection()
        peer.uuid = self.uuid
        if number is None:
            number = -1 if self.role == "destination" else 0
        self.host.must("connect", self.number, number)
        return peer

    def attach(self, *knobs):
        """Gives device 0 something to read from, or to write to."""
        self.host.must("attach", self.number, *knobs)

    def shows(self):
        """What session-get says."""
        return self.host.must("session", self.number)

    def channels(self):
        """What channel-get says of all."""
        return self.host.ask("channels", self.number)

    def reaches(self, state):
        """What session-get says once the session has come as far as this state."""
        return self.host.must("await", self.number, state)

    def channel_fails(self):
        """The next notification of a channel that has failed."""
        return self.host.must("failed", self.number)

    def first_channel_fails(self):
        """What channel-get says of the first channel once it has failed; other sessions' notifications stay."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            first = self.channels()[0]
            if first["state"] == CHANNEL_FAILED:
                return first
            time.sleep(0.001)
        raise Broken("the first channel does not fail")

    def keeps_bound(self, slots=None):
        """Is broken if more slots were ever in use than there may be."""
        shown = self.shows()
        bound = self.slots if slots is None else slots
        if shown["slots_used_max"] > bound:
            raise Broken(f"{shown['slots_used_max']} slots were in use, the bound is {bound}")
