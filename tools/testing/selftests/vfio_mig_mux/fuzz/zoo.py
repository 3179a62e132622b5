# SPDX-License-Identifier: GPL-2.0
"""File descriptors of every kind, to be handed over as what they are not, and now and then as what they are."""
import mmap
import os
import select
import socket

from genl import NETLINK_GENERIC


def connected():
    """Both ends of a TCP connection of the process with itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        return near, server.accept()[0]


class Zoo:
    """File descriptors of this process."""

    def __init__(self):
        self.kept = [
            *socket.socketpair(),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            socket.socket(socket.AF_INET, socket.SOCK_STREAM),
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC),
            socket.create_server(("127.0.0.1", 0)),
            *connected(),
            select.epoll(),
        ]
        self.numbers = [one.fileno() for one in self.kept]
        self.numbers += [*os.pipe(), os.eventfd(0), os.memfd_create("zoo"), os.pidfd_open(os.getpid())]
        for path in ("/dev/null", "/dev/zero", "/proc/self/maps", "/"):
            self.numbers.append(os.open(path, os.O_RDONLY))
        self.numbers.append(os.open("/dev/null", os.O_WRONLY))
        self.memory = mmap.mmap(-1, 4 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def any(self, random, sessions):
        """One of them, or none at all."""
        return random.choice((*self.numbers, *sessions, -1, 0, 1 << 20, (1 << 31) - 1, random.getrandbits(32)))
