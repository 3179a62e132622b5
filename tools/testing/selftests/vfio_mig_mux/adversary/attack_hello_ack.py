# SPDX-License-Identifier: GPL-2.0
"""A hostile destination's handshake: what is wrong with its answer costs it the connection, and the session nothing."""
import errno

import codec
from codec import HelloAck, Message
from host import CONNECTING, PEER, Broken, Session, same, same_error

UUID = bytes.fromhex("5a1f4c1b54e24a0a9f5d6d0c3b2a1908")
RIGHT = HelloAck(entries=((3, 0, 0), (2, 0, 0)))
LEFT = "closed by the other host before HELLO_ACK"
OUT_OF_BOUNDS = "handshake: length is out of bounds"
CHECKSUM = "handshake: checksum is wrong"


def whole(body=RIGHT.bytes(), **wrong):
    return Message(**{"kind": codec.HELLO_ACK, "uuid": UUID, "body": body, **wrong}).bytes()


def ack(**wrong):
    return whole(HelloAck(**{**RIGHT.__dict__, **wrong}).bytes())


def entry(window=3, reserved=0, loaded=0):
    return ack(entries=((2, 0, 0), (window, reserved, loaded)))


def in_head():
    """Rows of what is wrong in the head: name, bytes, error number, text."""
    for magic in (0, codec.MAGIC ^ 1, 0xFFFFFFFF):
        yield f"magic 0x{magic:08x}", whole(magic=magic), errno.EPROTO, "handshake: magic is wrong"
    for version in (0, 2, 0xFFFF):
        yield f"version {version}", whole(version=version), errno.EPROTO, "handshake: version is not 1"
    for kind in (0, 4, 0xFFFF):
        yield f"type {kind}", whole(kind=kind), errno.EPROTO, "handshake: unknown type"
    text = "handshake: type is not for this direction"
    yield "HELLO instead", whole(kind=codec.HELLO), errno.EPROTO, text
    yield "HELLO instead, head alone", whole(kind=codec.HELLO)[: codec.HEAD_SIZE], errno.EPROTO, text
    for length in (codec.BODY_MAX + 1, 1 << 31, 0xFFFFFFFF):
        yield f"length {length}", whole(length=length), errno.EPROTO, OUT_OF_BOUNDS
    for length in (len(RIGHT.bytes()) + 1, codec.BODY_MAX):
        yield f"length {length}, body shorter", whole(length=length), errno.ECONNRESET, LEFT
    for crc in (0, 0xFFFFFFFF):
        yield f"checksum 0x{crc:x}", whole(crc=crc), errno.EPROTO, CHECKSUM
    text = "handshake: UUID is another session's"
    yield "UUID of zeroes", whole(uuid=bytes(16)), errno.EPROTO, text
    yield "UUID of another session", whole(uuid=UUID[:-1] + b"\1"), errno.EPROTO, text


def in_body():
    """Rows of what is wrong in the body."""
    for features in (0, 2, 3, 0x80000001, 0xFFFFFFFF):
        text = "HELLO_ACK has other features than HELLO"
        yield f"features 0x{features:x}", ack(features=features), errno.EPROTO, text
    for devices in (0, 65, 0xFFFF):
        text = "handshake: device count is out of range"
        yield f"devices {devices}", ack(devices=devices), errno.EPROTO, text
    for devices in (1, 3, 64):
        yield f"devices {devices}, entries of 2", ack(devices=devices), errno.EPROTO, OUT_OF_BOUNDS
        entries = ((1, 0, 0),) * devices
        text = "HELLO_ACK has another number of devices than HELLO"
        yield f"{devices} entries", ack(entries=entries), errno.EPROTO, text
    for bit in range(16):
        yield f"flag 0x{1 << bit:04x}", ack(flags=1 << bit), errno.EPROTO, "handshake: reserved flag is set"
    yield "window 0", entry(window=0), errno.EPROTO, "handshake: window is zero"
    for reserved in (1, 1 << 31):
        text = "handshake: reserved field is not zero"
        yield f"reserved field {reserved}", entry(reserved=reserved), errno.EPROTO, text
    for loaded in (1, 2, 1 << 32, 1 << 63, (1 << 64) - 1):
        text = "HELLO_ACK acknowledges a chunk that was never sent"
        yield f"loaded {loaded}", entry(loaded=loaded), errno.EPROTO, text
    body = RIGHT.bytes()
    for length in (0, 1, 7, 8, len(body) - 1):
        yield f"body of {length} bytes", whole(body[:length]), errno.EPROTO, OUT_OF_BOUNDS
    for length in (1, 16, codec.BODY_MAX - len(body)):
        yield f"body {length} bytes too long", whole(body + bytes(length)), errno.EPROTO, OUT_OF_BOUNDS


def bad_refusals():
    """Rows of REFUSEs that are malformed."""

    def refuse(*args, **kwargs):
        return whole(codec.refuse_body(*args, **kwargs), kind=codec.REFUSE)

    for length in (0, 3, 256, 0xFFFF):
        yield f"REFUSE, text length {length}", refuse(5, b"no", length), errno.EPROTO, OUT_OF_BOUNDS
    yield "REFUSE, text of 256 bytes", refuse(5, b"t" * 256), errno.EPROTO, OUT_OF_BOUNDS
    yield "REFUSE, text of 4104 bytes", refuse(5, b"t" * 4104), errno.EPROTO, OUT_OF_BOUNDS
    text = "handshake: reserved field is not zero"
    yield "REFUSE, reserved field", refuse(5, b"no", reserved=1), errno.EPROTO, text
    for length in (0, 1, 7):
        yield f"REFUSE, body of {length} bytes", whole(bytes(length), kind=codec.REFUSE), errno.EPROTO, OUT_OF_BOUNDS
    yield "REFUSE, checksum 0", whole(codec.refuse_body(5, b"no"), kind=codec.REFUSE, crc=0), errno.EPROTO, CHECKSUM


def strangers():
    """Rows of what is no answer at all."""
    magic = "handshake: magic is wrong"
    yield "ACK before HELLO_ACK", codec.Frame(codec.ACK).bytes(), errno.EPROTO, magic
    yield "ABORT before HELLO_ACK", codec.Abort(text=b"go").frame(), errno.EPROTO, magic
    yield "HTTP", b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", errno.EPROTO, magic


def flipped():
    """Rows of HELLO_ACK with one byte after the other inverted."""
    for at in range(len(whole())):
        message = bytearray(whole())
        message[at] ^= 0xFF
        code, text = errno.EPROTO, CHECKSUM
        if at < 4:
            text = "handshake: magic is wrong"
        elif at < 6:
            text = "handshake: version is not 1"
        elif at < 8:
            text = "handshake: unknown type"
        elif at < 11:
            text = OUT_OF_BOUNDS
        elif at == 11:
            # Longer than what follows
            code, text = errno.ECONNRESET, LEFT
        yield f"byte {at} inverted", bytes(message), code, text


def truncated():
    """Rows of HELLO_ACK that ends after any number of bytes."""
    for length in range(len(whole())):
        yield f"cut after {length} bytes", whole()[:length], errno.ECONNRESET, LEFT


class HelloAckGroup:
    """Attacks on one source that is still waiting for its first channel."""

    name = "HELLO_ACK"

    def __init__(self):
        self.rows = [*strangers(), *in_head(), *in_body(), *bad_refusals(), *flipped(), *truncated()]

    def attacks(self, host):
        with Session(host, "source", UUID, devices=2, resume=10000) as session:
            for name, data, code, text in self.rows:
                yield name, lambda: self.attack(session, data, code, text)
            for name, code, text, shown in hostile_texts():
                yield f"REFUSE, {name}", lambda: self.refuse(session, code, text, shown)
            yield "after all that, a right one is taken", lambda: self.honest(session)

    @staticmethod
    def attack(session, data, code, text):
        with session.connect() as peer:
            same("kind of message", peer.take_message()[0], codec.HELLO)
            peer.say(data)
            peer.hang_up()
            same_error("channel-ntf", session.channel_fails(), code, "channel 0: " + text)
            peer.is_left()
        shown = session.shows()
        same("state", shown["state"], CONNECTING)
        if "text" in shown:
            raise Broken(f"the session has an error: {shown}")

    @staticmethod
    def refuse(session, code, text, shown):
        with session.connect() as peer:
            peer.take_message()
            peer.say_message(codec.REFUSE, codec.refuse_body(code, text))
            seen = session.channel_fails()
            same("origin", seen["origin"], PEER)
            same("code", seen["code"], code if 0 < code < 4096 else errno.EPROTO)
            same("text", seen["text"], shown)
        same("state", session.shows()["state"], CONNECTING)

    @staticmethod
    def honest(session):
        with session.connect() as peer:
            hello = peer.answer(RIGHT)
            same("HELLO", (hello.channel, hello.devices, hello.flags, hello.names), (0, 2, 0, (b"d0", b"d1")))
            peer.say(codec.Frame(codec.BYE, codec.BYE_DRAIN).bytes())
            same("answer", peer.take_kind(codec.BYE)[0].flags, codec.BYE_DRAIN)


def hostile_texts():
    """Texts to be shown by whom they are not meant well: name, code, bytes, what may be shown of them."""
    controls = bytes(range(32)) + b"\x7f"
    yield "control characters", 5, controls, "?" * 33
    yield "an escape sequence", 5, b"\x1b]0;owned\x07\x1b[2J", "?]0;owned??[2J"
    yield "lines of a log", 5, b"x\n[    0.000000] Kernel panic", "x?[    0.000000] Kernel panic"
    yield "invalid UTF-8", 5, b"\xff\xfe\xc0\x80\xed\xa0\x80", "?" * 7
    yield "valid UTF-8", 5, "\u202etxt\u00e9".encode(), "???txt??"
    yield "a NUL in it", 5, b"a\0b", "a?b"
    yield "conversions", 5, b"%s%n%x%pK", "%s%n%x%pK"
    yield "the longest text", 5, b"t" * 255, "t" * 255
    yield "the longest text of NULs", 5, bytes(255), "?" * 255
    yield "no text", 5, b"", ""
    for code in (0, 4096, 1 << 31, 0xFFFFFFFF):
        yield f"code {code}", code, b"no", "no"
