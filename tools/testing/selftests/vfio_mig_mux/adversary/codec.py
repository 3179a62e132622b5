# SPDX-License-Identifier: GPL-2.0
"""
The bytes of the protocol, as Documentation/protocol.rst has them and nothing else.

Written apart from the module, to be wrong elsewhere than it. Whatever a message says can be said wrong: every field is
an argument, and nothing is checked on the way out.
"""
import struct
from dataclasses import dataclass, replace

MAGIC = 0x564D4D58
VERSION = 1
HELLO, HELLO_ACK, REFUSE = 1, 2, 3
DATA, ZERO, CONFIG, END = range(1, 5)
ACK, ABORT, BYE = range(7, 10)
FEATURE_CHECKSUM, FEATURE_ZERO = 1, 2
HELLO_RESUME = 1
ACK_COMPLETE = 1
ABORT_BY_OWNER, ABORT_CHANNEL = 1, 2
BYE_DRAIN = 1
READ, WRITE, SEND, RECEIVE = 1, 2, 3, 4
HAS_DEVICE, HAS_CHANNEL, HAS_CHUNK = 1, 2, 4

HEAD_SIZE = 32
FRAME_SIZE = 32
BODY_MAX = 4112
NAME_SIZE = 64
TEXT_MAX = 255
CHUNK_MIN = 64 << 10
CHUNK_MAX = 16 << 20


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc_table()


def crc(data, seed=0xFFFFFFFF):
    """The protocol's checksum: CRC32C without the final inversion."""
    for byte in data:
        seed = _TABLE[(seed ^ byte) & 0xFF] ^ seed >> 8
    return seed


def digest(payload_crcs):
    """The digest of a stream whose chunks have these checksums."""
    value = 0
    for one in payload_crcs:
        value = crc(struct.pack(">I", one), value)
    return value


@dataclass(frozen=True)
class Message:
    """A message of the handshake; a length or a checksum of None is the right one."""

    kind: int
    uuid: bytes
    body: bytes
    magic: int = MAGIC
    version: int = VERSION
    length: int = None
    crc: int = None

    def bytes(self):
        length = len(self.body) if self.length is None else self.length
        head = struct.pack(">IHHI", self.magic, self.version, self.kind, length)
        right = crc(head + bytes(4) + self.uuid + self.body)
        return head + struct.pack(">I", right if self.crc is None else self.crc) + self.uuid + self.body


def message_head(head):
    """Splits a head: magic, version, kind, length, checksum, UUID."""
    return struct.unpack(">IHHII16s", head)


def message_is_whole(head, body):
    """Whether the checksum in the head is right."""
    return crc(head[:12] + bytes(4) + head[16:] + body) == message_head(head)[4]


@dataclass(frozen=True)
class Hello:
    """The body of a HELLO."""

    channel: int = 0
    channels: int = 1
    features: int = FEATURE_CHECKSUM
    chunk_size: int = CHUNK_MIN
    devices: int = None
    flags: int = 0
    names: tuple = (b"d0",)

    def bytes(self):
        devices = len(self.names) if self.devices is None else self.devices
        fixed = struct.pack(">HHIIHH", self.channel, self.channels, self.features, self.chunk_size, devices, self.flags)
        return fixed + b"".join(name.ljust(NAME_SIZE, b"\0") for name in self.names)


def parse_hello(body):
    """The Hello in a body."""
    channel, channels, features, chunk_size, devices, flags = struct.unpack(">HHIIHH", body[:16])
    if len(body) != 16 + NAME_SIZE * devices:
        raise ValueError(f"HELLO of {devices} devices has {len(body)} bytes")
    names = (body[at : at + NAME_SIZE].rstrip(b"\0") for at in range(16, len(body), NAME_SIZE))
    return Hello(channel, channels, features, chunk_size, devices, flags, tuple(names))


@dataclass(frozen=True)
class HelloAck:
    """The body of a HELLO_ACK; an entry is window, reserved field, index loaded."""

    features: int = FEATURE_CHECKSUM
    devices: int = None
    flags: int = 0
    entries: tuple = ((2, 0, 0),)

    def bytes(self):
        devices = len(self.entries) if self.devices is None else self.devices
        fixed = struct.pack(">IHH", self.features, devices, self.flags)
        return fixed + b"".join(struct.pack(">IIQ", *entry) for entry in self.entries)


def parse_hello_ack(body):
    """The HelloAck in a body."""
    features, devices, flags = struct.unpack(">IHH", body[:8])
    if len(body) != 8 + 16 * devices:
        raise ValueError(f"HELLO_ACK of {devices} devices has {len(body)} bytes")
    entries = tuple(struct.unpack(">IIQ", body[at : at + 16]) for at in range(8, len(body), 16))
    return HelloAck(features, devices, flags, entries)


def refuse_body(code, text, length=None, reserved=0):
    """The body of a REFUSE."""
    return struct.pack(">IHH", code, len(text) if length is None else length, reserved) + text


def parse_refuse(body):
    """Code and text of a REFUSE."""
    code, length, reserved = struct.unpack(">IHH", body[:8])
    if len(body) != 8 + length or reserved:
        raise ValueError(f"REFUSE with a text of {length} bytes has {len(body)}")
    return code, body[8:].decode("ascii")


@dataclass(frozen=True)
class Frame:
    """A header; its own checksum is the right one if None."""

    kind: int
    flags: int = 0
    device: int = 0
    length: int = 0
    index: int = 0
    offset: int = 0
    crc: int = 0
    header_crc: int = None

    def bytes(self):
        start = struct.pack(
            ">BBHIQQI", self.kind, self.flags, self.device, self.length, self.index, self.offset, self.crc
        )
        return start + struct.pack(">I", crc(start) if self.header_crc is None else self.header_crc)

    def but(self, **wrong):
        """This header with other values."""
        return replace(self, **wrong)


def parse_frame(header):
    """The Frame in a header whose checksum must be right."""
    frame = Frame(*struct.unpack(">BBHIQQII", header))
    if crc(header[:28]) != frame.header_crc:
        raise ValueError("checksum of a header is wrong")
    return frame


def data(payload, index, offset, device=0):
    """The right header for a chunk."""
    return Frame(DATA, 0, device, len(payload), index, offset, crc(payload))


@dataclass(frozen=True)
class Abort:
    """The payload of an ABORT."""

    code: int = 5
    direction: int = 0
    known: int = 0
    device: int = 0
    channel: int = 0
    text: bytes = b""
    text_length: int = None
    reserved: int = 0
    chunk: int = 0

    def bytes(self):
        length = len(self.text) if self.text_length is None else self.text_length
        fixed = struct.pack(
            ">IBBHHHIQ",
            self.code,
            self.direction,
            self.known,
            self.device,
            self.channel,
            length,
            self.reserved,
            self.chunk,
        )
        return fixed + self.text

    def frame(self, flags=0, **wrong):
        """The whole frame, header and payload."""
        payload = self.bytes()
        return Frame(ABORT, flags, 0, len(payload), 0, 0, crc(payload)).but(**wrong).bytes() + payload


def parse_abort(payload):
    """The Abort in a payload."""
    code, direction, known, device, channel, length, reserved, chunk = struct.unpack(">IBBHHHIQ", payload[:24])
    if len(payload) != 24 + length or reserved:
        raise ValueError(f"ABORT with a text of {length} bytes has {len(payload)}")
    return Abort(code, direction, known, device, channel, payload[24:], length, reserved, chunk)
