# SPDX-License-Identifier: GPL-2.0
"""Hostile ABORTs, of either role: what they say is shown made harmless, or refused by name."""
import errno

import codec
from attack_hello_ack import hostile_texts
from codec import Abort
from host import ABORTED, COMPLETED, FAILED, PEER, Session, same, same_error


def malformed():
    """Rows of payloads that are none: name, frame, text."""
    text = b"what"
    size = 24 + len(text)
    yield "checksum", Abort(text=text).frame(crc=0), "checksum is wrong"
    yield "checksum inverted", Abort(text=text).frame(crc=codec.crc(Abort(text=text).bytes()) ^ ~0 & 0xFFFFFFFF), (
        "checksum is wrong"
    )
    for length in (0, len(text) - 1, len(text) + 1, 256, 0xFFFF):
        yield f"text length {length}", Abort(text=text, text_length=length).frame(), "length is out of bounds"
    for bit in range(3, 8):
        yield f"known 0x{1 << bit:02x}", Abort(known=1 << bit, text=text).frame(), "reserved flag is set"
    for reserved in (1, 1 << 31):
        yield f"reserved {reserved}", Abort(reserved=reserved, text=text).frame(), "reserved field is not zero"
    for at in range(size):
        frame = bytearray(Abort(text=text).frame())
        frame[codec.FRAME_SIZE + at] ^= 0xFF
        yield f"byte {at} inverted", bytes(frame), "checksum is wrong"


def open_live(host, role, **kwargs):
    """A session with one live channel, and its other end."""
    session = Session(host, role, **kwargs)
    peer = session.connect()
    if role == "destination":
        peer.greet(codec.Hello())
    else:
        peer.answer(codec.HelloAck())
    return session, peer


class AbortGroup:
    """Attacks on a session each, with a live channel."""

    def __init__(self, role):
        self.role = role
        self.name = f"ABORT to a {role}"

    def attacks(self, host):
        for name, code, text, shown in hostile_texts():
            yield name, lambda: self.tell(host, Abort(code, text=text), 0, shown)
        for direction in (5, 128, 255):
            yield f"direction {direction}", lambda: self.tell(host, Abort(5, direction, text=b"no"), 0, "no")
        everywhere = Abort(5, 4, 7, 0xFFFF, 0xFFFF, b"no", chunk=(1 << 64) - 1)
        yield "device, channel and chunk that are not", lambda: self.tell(host, everywhere, 0, "no")
        for flags, name in ((codec.ABORT_BY_OWNER, "by the owner"), (codec.ABORT_CHANNEL, "of the channel")):
            yield name, lambda: self.tell(host, Abort(text=b"\x1b[2J"), flags, "?[2J")
        for name, frame, text in malformed():
            yield f"{name} wrong", lambda: self.refuse(host, frame, text)

    def tell(self, host, abort, flags, shown):
        session, peer = open_live(host, self.role)
        with session, peer:
            peer.say(abort.frame(flags))
            seen = session.reaches(COMPLETED)
            same("state", seen["state"], ABORTED if flags & codec.ABORT_BY_OWNER else FAILED)
            same("origin", seen["origin"], PEER)
            same("code", seen["code"], abort.code if 0 < abort.code < 4096 else errno.EPROTO)
            same("direction", seen["direction"], abort.direction if abort.direction <= 4 else 0)
            same("text", seen["text"], shown)
            peer.is_left()

    def refuse(self, host, frame, text):
        session, peer = open_live(host, self.role)
        with session, peer:
            peer.say(frame)
            seen = session.reaches(COMPLETED)
            same("state", seen["state"], FAILED)
            same_error("session-get", seen, errno.EPROTO, f"channel 0: ABORT frame: {text}")
            peer.is_left()
