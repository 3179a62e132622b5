# SPDX-License-Identifier: GPL-2.0
"""A hostile destination on a live channel: each fault ends its session, by name, and that session alone."""
import errno

import codec
from attack_frames import LEFT, MAX64, FramesGroup, flipped, header, truncated, wrong_of_both, wrong_types
from codec import CHUNK_MIN, Frame
from host import COMPLETED, FAILED, Session, same, same_error

# What the source has to send, and how much of it may be under way
KNOBS = ("state_size=229376", "seed=41")
WINDOW = 2
ACK = Frame(codec.ACK, 0, 0, 0, 1, CHUNK_MIN)
UNSENT = "ACK of device d0 acknowledges a chunk that was never sent"
OTHER = "ACK of device d0 acknowledges another number of bytes than was sent"
EARLY = "ACK of device d0 acknowledges the end of a stream too early"


def wrong_headers():
    """Headers of ACK with one field wrong."""
    for bit in range(1, 8):
        yield header(ACK.but(flags=1 << bit), "reserved flag is set")
    for device in (1, 2, 63, 64, 0x8000, 0xFFFF):
        yield header(ACK.but(device=device), "no such device")
    for length in (1, CHUNK_MIN, 1 << 31, 0xFFFFFFFF):
        yield header(ACK.but(length=length), "length is out of bounds")
    for crc in (1, 0xFFFFFFFF):
        yield header(ACK.but(crc=crc), "reserved field is not zero")


def acked(index, offset, flags=0):
    return Frame(codec.ACK, flags, 0, 0, index, offset).bytes()


def wrong_acks():
    """ACKs of what was not sent, or was otherwise."""
    for index in (WINDOW + 1, 4, 5, 1 << 32, 1 << 63, MAX64):
        yield f"ACK of {index} chunks", acked(index, index * CHUNK_MIN & MAX64), errno.EPROTO, UNSENT
    for index in (0, 1, 2):
        for offset in (index * CHUNK_MIN + 1, 5, 1 << 63, MAX64):
            yield f"ACK of {index} chunks, {offset} bytes", acked(index, offset), errno.EPROTO, OTHER
    for index in (0, 1, 2):
        data = acked(index, index * CHUNK_MIN, codec.ACK_COMPLETE)
        yield f"COMPLETE with {index} of 4 chunks", data, errno.EPROTO, EARLY
    data = acked(1, CHUNK_MIN) + acked(0, 0, codec.ACK_COMPLETE)
    yield "COMPLETE that is older than an ACK", data, errno.EPROTO, EARLY


def wrong_order():
    """What is right by itself and wrong there."""
    yield "BYE at once", Frame(codec.BYE).bytes(), errno.EPROTO, "BYE before everything was loaded"
    yield "nothing more", b"", errno.ECONNRESET, LEFT
    drain = Frame(codec.BYE, codec.BYE_DRAIN).bytes()
    yield "BYE of the only channel", drain, errno.ESHUTDOWN, "removed by the other host"
    ack = codec.Message(codec.HELLO_ACK, bytes(16), codec.HelloAck().bytes()).bytes()
    text = f"unknown frame, type {ack[0]}, device {0x4D58}, length {0x10002}: header checksum is wrong"
    yield "a second HELLO_ACK", ack, errno.EBADMSG, text


class AcksGroup:
    """Attacks on a source each, that has sent as much as it may."""

    name = "header and ACK to a source"

    def attacks(self, host):
        for name, data, code, text in [
            *wrong_types([codec.DATA, codec.END]),
            header(Frame(codec.ZERO, 0, 0, CHUNK_MIN), "type was not negotiated"),
            *wrong_of_both(),
            *wrong_headers(),
            *wrong_acks(),
            *wrong_order(),
            *flipped(ACK),
            *truncated(ACK.bytes() + ACK.bytes()),
        ]:
            yield name, lambda: self.attack(host, data, code, text)

    @staticmethod
    def attack(host, data, code, text):
        with Session(host, "source") as session, session.connect() as peer:
            session.attach(*KNOBS)
            peer.answer(codec.HelloAck(entries=((WINDOW, 0, 0),)))
            for index in range(WINDOW):
                same("chunk", peer.take_frame()[0].index, index)
            peer.say(data)
            if code == errno.ECONNRESET:
                peer.hang_up()
            seen = session.reaches(COMPLETED)
            same("state", seen["state"], FAILED)
            same_error("session-get", seen, code, "channel 0: " + text)
            if code not in (errno.ECONNRESET, errno.ESHUTDOWN):
                FramesGroup.is_told(peer, code, seen["text"])
            peer.is_left()
            session.keeps_bound()
