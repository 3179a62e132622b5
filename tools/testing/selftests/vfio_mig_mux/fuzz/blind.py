# SPDX-License-Identifier: GPL-2.0
"""A fuzzer that knows nothing of the specification: bytes, attributes in attributes, lengths that lie."""
import random

import genl

NESTED = 0x8000
DEPTH_MAX = 40


class Blind:
    """One stream of garbage."""

    def __init__(self, name, seed):
        self.random = random.Random(seed)
        self.socket = genl.Socket()
        self.family = self.socket.family(name)

    def run(self, messages):
        shapes = (self.noise, self.attributes, self.nest, self.giant, self.liar, self.several)
        for _ in range(messages):
            self.socket.shout(self.random.choice(shapes)())

    def some(self, most):
        return self.random.randbytes(self.random.randrange(most))

    def request(self, payload, **kwargs):
        flags = self.random.choice((genl.NLM_F_ACK, genl.NLM_F_DUMP, self.random.getrandbits(16)))
        command = self.random.choice((self.random.randrange(20), self.random.randrange(256)))
        version = self.random.choice((1, 1, 0, 255))
        return genl.message(self.family, command, payload, flags, version=version, **kwargs)

    def noise(self):
        return self.request(self.some(256))

    def attribute(self):
        kind = self.random.randrange(24) | self.random.choice((0, 0, 0, NESTED, 0x4000))
        length = None if self.random.random() < 0.9 else self.random.getrandbits(16)
        size = self.random.choice((0, 1, 4, 4, 4, 8, 8, 16))
        payload = self.random.choice((bytes(size), b"\1".ljust(size, b"\0")[:size], self.random.randbytes(size)))
        return genl.attr(kind, payload, length)

    def attributes(self):
        return self.request(b"".join(self.attribute() for _ in range(self.random.randrange(12))))

    def nest(self):
        payload = self.attribute()
        for _ in range(self.random.randrange(DEPTH_MAX)):
            payload = genl.attr(self.random.randrange(24) | NESTED, payload)
        return self.request(payload)

    def giant(self):
        payload = genl.attr(self.random.randrange(24), bytes(self.random.choice((4096, 32768, 65528))))
        return self.request(payload * self.random.choice((1, 1, 3)))

    def liar(self):
        length = self.random.choice((0, 15, 16, 19, 20, 24, 0xFFFF, 0xFFFFFFFF, self.random.getrandbits(32)))
        return self.request(self.some(64), length=length)

    def several(self):
        parts = (self.random.choice((self.noise, self.attributes, self.liar))() for _ in range(8))
        return b"".join(part + bytes(-len(part) % 4) for part in parts)


def run(spec, seed, messages):
    """Sends so many messages; how many were granted is nobody's business."""
    Blind(spec.name, seed).run(messages)
    return 0
