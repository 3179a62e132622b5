# SPDX-License-Identifier: GPL-2.0
"""
A fuzzer that knows the specification: its messages look right, and some are, so that it comes far.

Threads share sessions, memory and file descriptors, and get into each other's way.
"""
import ctypes
import os
import random
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import genl
from zoo import Zoo, connected

PAGE = 4096
CHUNK = 64 << 10
SESSIONS_MAX = 8
UUIDS = [bytes([number]) * 16 for number in range(3)]
EDGES = (0, 1, 2, 63, 64, 65, 4095, 65535, 65536, 1 << 20, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
EDGES64 = (*EDGES, 1 << 32, (1 << 47) - PAGE, 1 << 47, 1 << 63, (1 << 64) - PAGE, (1 << 64) - 1)
TEXTS = (b"\0", b"d0\0", b"d1\0", b"d0", b"n" * 63 + b"\0", b"n" * 300 + b"\0", b"\x1b[2J\0", b"\xff\0", b"%s%n\0", b"")


class World:
    """What the threads of a process share."""

    def __init__(self, spec):
        self.spec = spec
        self.lock = threading.Lock()
        self.sessions = {}
        self.zoo = Zoo()
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.zoo.memory))
        self.accepted = 0

    def remember(self, number, fd):
        """A session was made; if there are too many an old one goes."""
        with self.lock:
            self.sessions[number] = fd
            old = self.sessions.pop(next(iter(self.sessions))) if len(self.sessions) > SESSIONS_MAX else None
        if old is not None:
            os.close(old)

    def forget(self, chance):
        """Closes a session."""
        with self.lock:
            fd = self.sessions.pop(chance.choice(list(self.sessions))) if self.sessions else None
        if fd is not None:
            os.close(fd)

    def numbers(self):
        with self.lock:
            return list(self.sessions)

    def fds(self):
        with self.lock:
            return list(self.sessions.values())


class Worker:
    """One thread, and its socket."""

    def __init__(self, world, seed):
        self.world = world
        self.random = random.Random(seed)
        self.socket = genl.Socket()
        self.family = self.socket.family(world.spec.name)

    def run(self, messages):
        for _ in range(messages):
            chance = self.random.random()
            if chance < 0.03:
                self.world.forget(self.random)
            elif chance < 0.06:
                self.pair()
            elif chance < 0.10:
                self.join(self.world.numbers())
            else:
                self.attempt()

    def attempt(self):
        """One request, more or less right."""
        operation = self.random.choice(list(self.world.spec.operations.values()))
        if operation.name == "session-abort" and self.random.random() < 0.9:
            # Otherwise no session would get old.
            return
        payload = b"".join(self.attributes(operation))
        dump = operation.has_dump and self.random.random() < 0.3
        self.ask(operation.name, payload, genl.NLM_F_DUMP if dump else genl.NLM_F_ACK)

    def attributes(self, operation):
        """Those that are wanted, mostly; in any order, some twice, some of others."""
        chosen = [one for one in operation.wanted if self.random.random() < 0.85]
        if self.random.random() < 0.1:
            chosen.append(self.random.choice(list(operation.attributes.values())))
        if self.random.random() < 0.1:
            self.random.shuffle(chosen)
        for one in chosen:
            payload = self.value(one)
            if self.random.random() < 0.02:
                payload = payload[: self.random.randrange(len(payload) + 1)]
            yield genl.attr(one.number, payload)

    def value(self, one):
        """A value of an attribute: a likely one, an edge or anything."""
        likely = self.likely(one.name) if self.random.random() < 0.8 else None
        if likely is not None:
            return likely if isinstance(likely, bytes) else self.number(one.kind, likely)
        if one.kind in ("u32", "s32", "uint"):
            edge = self.random.choice(EDGES64 if one.kind == "uint" else EDGES)
            return self.number(one.kind, edge if self.random.random() < 0.7 else self.random.getrandbits(64))
        if one.kind == "string":
            return self.random.choice(TEXTS)
        return self.random.randbytes(self.random.randrange(40))

    def number(self, kind, value):
        if kind == "uint" and (value >> 32 or self.random.random() < 0.5):
            return struct.pack("=Q", value & (1 << 64) - 1)
        return struct.pack("=I", value & 0xFFFFFFFF)

    def likely(self, name):
        """What somebody might say who means it."""
        chance = self.random
        if name in ("id", "session"):
            return chance.choice((*self.world.numbers(), 0, 1, 2, 3))
        if name in ("sock-fd", "data-fd", "fd"):
            return self.world.zoo.any(chance, self.world.fds())
        if name == "addr":
            return self.world.address + chance.randrange(1 << 20, 4 << 20, PAGE) - (1 << 20)
        if name == "reason":
            return bytes(chance.choice(TEXTS))
        return {
            "role": chance.randrange(2),
            "uuid": chance.choice(UUIDS),
            "chunk-size": CHUNK << chance.choice((0, 0, 0, 1, 4)),
            "channels": chance.choice((1, 2, 64)),
            "features": chance.randrange(4),
            "resume-timeout": chance.choice((0, 1, 50)),
            "channel-timeout": chance.choice((1, 50, 5000)),
            "length": CHUNK * chance.choice((1, 2, 8, 16, 64)),
            "name": b"d%d\0" % chance.randrange(3),
            "window": chance.choice((1, 2, 8)),
            "final": b"",
            "kick": b"",
        }.get(name)

    def ask(self, name, payload, flags=genl.NLM_F_ACK):
        """Sends a request; a session that it makes is remembered."""
        error, replies = self.socket.ask(self.family, self.world.spec.operations[name].number, payload, flags)
        if error:
            return None
        self.world.accepted += 1
        if name != "session-new":
            return 0
        number, fd = (struct.unpack("=I", value)[0] for _, value in replies[0][1][:2])
        self.world.remember(number, fd)
        return number

    def right(self, operation, /, **values):
        """A request that is right."""
        attributes = self.world.spec.operations[operation].attributes
        named = ((attributes[key.replace("_", "-")], value) for key, value in values.items())
        payload = b"".join(
            genl.attr(one.number, value if isinstance(value, bytes) else self.number(one.kind, value))
            for one, value in named
        )
        return self.ask(operation, payload)

    def prepare(self, role, uuid):
        """A session that lacks nothing but channels and data_fds."""
        number = self.right("session-new", role=role, uuid=uuid, chunk_size=CHUNK, channels=2, resume_timeout=50)
        if number is None:
            return []
        part = self.random.randrange(4) << 20
        self.right("umem-reg", session=number, addr=self.world.address + part, length=1 << 20)
        for device in range(2):
            self.right("device-new", session=number, id=device, name=b"d%d\0" % device)
        return [number]

    def pair(self):
        """Both ends of a migration; its channels come to life, unless another thread is faster."""
        uuid = self.random.choice(UUIDS)
        numbers = self.prepare(0, uuid) + self.prepare(1, uuid)
        for channel in range(2):
            self.join(numbers, channel)

    def join(self, numbers, channel=None):
        """Two sessions get the two ends of a connection: these, or any of them."""
        if not numbers:
            return
        if channel is None:
            numbers = self.random.choices(numbers, k=2)
        for sock, number, is_source in zip(connected(), numbers, (True, False)):
            with sock:
                chosen = self.random.randrange(2) if channel is None else channel
                with_id = is_source if channel is not None else self.random.random() < 0.6
                self.right("channel-new", session=number, sock_fd=sock.fileno(), **({"id": chosen} if with_id else {}))


def run(spec, seed, messages, threads=3):
    """Lets some threads loose; returns how many requests were granted."""
    world = World(spec)
    workers = [Worker(world, seed * 100 + number) for number in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        for loose in [pool.submit(one.run, messages) for one in workers]:
            # What has gone wrong in a thread goes wrong here.
            loose.result()
    return world.accepted
