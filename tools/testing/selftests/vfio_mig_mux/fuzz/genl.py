# SPDX-License-Identifier: GPL-2.0
"""Generic netlink, as bytes: messages that may be right, and the answers to them."""
import os
import socket
import struct

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NETLINK_GENERIC = 16
NLMSG_ERROR, NLMSG_DONE = 2, 3
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MCAST_GROUPS = 1, 2, 7
CTRL_ATTR_MCAST_GRP_ID = 2
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
ANSWER_S = 20


def attr(kind, payload, length=None):
    """An attribute; its length may lie."""
    size = 4 + len(payload) if length is None else length
    return struct.pack("=HH", size & 0xFFFF, kind & 0xFFFF) + payload + bytes(-len(payload) % 4)


def attrs(data):
    """The attributes in some bytes, as pairs of type and payload."""
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        if size < 4:
            return
        yield kind & 0x3FFF, data[at + 4 : at + size]
        at += (size + 3) & ~3


def message(family, command, payload=b"", flags=NLM_F_ACK, sequence=1, version=1, length=None):
    """A request; its length may lie."""
    body = struct.pack("=BBH", command & 0xFF, version & 0xFF, 0) + payload
    size = 16 + len(body) if length is None else length
    return struct.pack("=IHHII", size, family, flags | NLM_F_REQUEST, sequence, 0) + body


class Socket:
    """A socket to the kernel's generic netlink."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.settimeout(ANSWER_S)
        self.sequence = 0

    def about(self, name):
        """What there is to know of a family, by attribute."""
        wanted = attr(CTRL_ATTR_FAMILY_NAME, name.encode() + b"\0")
        error, replies = self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, wanted)
        if error:
            raise OSError(error, os.strerror(error), name)
        return dict(replies[0][1])

    def family(self, name):
        """The number of a family."""
        return struct.unpack("=H", self.about(name)[CTRL_ATTR_FAMILY_ID])[0]

    def listen(self, name):
        """Has the notifications of a family come here, whether anybody reads them or not."""
        for _, group in attrs(self.about(name)[CTRL_ATTR_MCAST_GROUPS]):
            number = struct.unpack("=I", dict(attrs(group))[CTRL_ATTR_MCAST_GRP_ID])[0]
            self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, number)

    def ask(self, family, command, payload, flags=NLM_F_ACK):
        """Sends a request and waits: an errno or 0, and the replies as pairs of command and attributes."""
        self.sequence += 1
        self.sock.send(message(family, command, payload, flags, self.sequence))
        replies = []
        while True:
            for kind, sequence, body in self.receive():
                if sequence != self.sequence:
                    continue
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    return -struct.unpack_from("=i", body)[0], replies
                replies.append((body[0], list(attrs(body[4:]))))

    def receive(self):
        """The messages of the next datagram: type, sequence number, body."""
        data = self.sock.recv(1 << 17)
        at = 0
        while at + 16 <= len(data):
            size, kind, _, sequence, _ = struct.unpack_from("=IHHII", data, at)
            yield kind, sequence, data[at + 16 : at + size]
            at += (size + 3) & ~3

    def shout(self, data):
        """Sends whatever it is, and forgets what was answered before."""
        self.sock.setblocking(False)
        try:
            while self.sock.recv(1 << 17):
                pass
        except OSError:
            # There are none, or some were lost, for nobody has read them.
            pass
        try:
            self.sock.send(data)
        except OSError:
            # Too long for a message, for instance
            pass
