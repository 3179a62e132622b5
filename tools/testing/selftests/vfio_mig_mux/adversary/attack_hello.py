# SPDX-License-Identifier: GPL-2.0
"""A hostile source's handshake: whatever is wrong with its HELLO costs it the connection, and the session nothing."""
import errno
import struct

import codec
from codec import Hello, Message
from host import CONNECTING, Broken, Session, same, same_error

UUID = bytes.fromhex("8d1f4c1b54e24a0a9f5d6d0c3b2a1908")
RIGHT = Hello(channels=2, names=(b"d0", b"d1"))
OTHER_UUID = bytes([UUID[0] ^ 1]) + UUID[1:]
OTHER_UUID_TEXT = "8c1f4c1b-54e2-4a0a-9f5d-6d0c3b2a1908"
LEFT = "closed by the other host before HELLO"
OUT_OF_BOUNDS = "length is out of bounds"
CHECKSUM = "handshake: checksum is wrong"


def whole(body=RIGHT.bytes(), **wrong):
    return Message(**{"kind": codec.HELLO, "uuid": UUID, "body": body, **wrong}).bytes()


def hello(**wrong):
    return whole(RIGHT.__class__(**{**RIGHT.__dict__, **wrong}).bytes())


def in_head():
    """Rows of what is wrong in the head: name, bytes, error number, text, whether a REFUSE tells it."""
    for magic in (0, codec.MAGIC ^ 1, codec.MAGIC ^ 1 << 31, 0x584D4D56, 0xFFFFFFFF):
        yield f"magic 0x{magic:08x}", whole(magic=magic), errno.EPROTO, "handshake: magic is wrong", False
    for version in (0, 2, 0x100, 0xFFFF):
        text = "HELLO: version is not 1"
        yield f"version {version}", whole(version=version), errno.EPROTONOSUPPORT, text, True
    for kind in (0, 4, 0x100, 0xFFFF):
        yield f"type {kind}", whole(kind=kind), errno.EPROTO, "handshake: unknown type", False
    for kind in (codec.HELLO_ACK, codec.REFUSE):
        text = "handshake: type is not for this direction"
        yield f"type {kind}", whole(kind=kind), errno.EPROTO, text, False
        head = whole(kind=kind)[: codec.HEAD_SIZE]
        yield f"type {kind}, head alone", head, errno.EPROTO, text, False
    for length in (codec.BODY_MAX + 1, 1 << 16, 1 << 31, 0xFFFFFFFF):
        yield f"length {length}", whole(length=length), errno.EPROTO, "handshake: " + OUT_OF_BOUNDS, False
    for length in (len(RIGHT.bytes()) + 1, codec.BODY_MAX):
        yield f"length {length}, body shorter", whole(length=length), errno.ECONNRESET, LEFT, False
    for crc in (0, 0xFFFFFFFF):
        yield f"checksum 0x{crc:x}", whole(crc=crc), errno.EPROTO, CHECKSUM, False
    inverted = codec.message_head(whole()[: codec.HEAD_SIZE])[4] ^ 0xFFFFFFFF
    yield "checksum inverted at the end", whole(crc=inverted), errno.EPROTO, CHECKSUM, False
    text = f"HELLO has session UUID {OTHER_UUID_TEXT}, which is another session's"
    yield "UUID of another session", whole(uuid=OTHER_UUID), errno.EINVAL, text, True
    text = "HELLO has session UUID 00000000-0000-0000-0000-000000000000, which is another session's"
    yield "UUID of zeroes", whole(uuid=bytes(16)), errno.EINVAL, text, True


def wrong_fields():
    """Fields of the body out of their ranges: name, value, text."""
    for channel in (2, 3, 64, 0xFFFF):
        yield "channel", channel, "channel number is out of range"
    for channels in (0, 65, 0x8000, 0xFFFF):
        yield "channels", channels, "channel number is out of range"
    for size in (0, 1, 32768, 65535, 65537, 3 << 16, 1 << 25, 1 << 31, 0xFFFFFFFF):
        yield "chunk_size", size, "chunk size is out of range"
    for devices in (0, 65, 0x8000, 0xFFFF):
        yield "devices", devices, "device count is out of range"
    for devices in (1, 3, 64):
        yield "devices", devices, OUT_OF_BOUNDS
    for bit in range(1, 16):
        yield "flags", 1 << bit, "reserved flag is set"


def unfit_fields():
    """Fields in their ranges that this session does not have."""
    for channels in (3, 64):
        yield "channels", channels, errno.EINVAL, f"HELLO announces {channels} channels, 2 are expected"
    for shift in range(17, 25):
        size = 1 << shift
        yield "chunk_size", size, errno.EINVAL, f"HELLO has chunk size {size}, 65536 is expected"
    for features in (0, 2, 3, 0xFFFFFFFE, 0xFFFFFFFF):
        text = f"HELLO has features 0x{features:x}, 0x1 are expected"
        yield "features", features, errno.EOPNOTSUPP, text
    yield "flags", codec.HELLO_RESUME, errno.ESTALE, "HELLO resumes a session that has not begun"
    for count in (1, 3, 64):
        names = tuple(b"d%d" % i for i in range(count))
        yield "names", names, errno.EINVAL, f"HELLO has {count} devices, 2 are expected"


def wrong_names():
    """Names that are none, as their 64 bytes."""
    yield "empty", b""
    yield "not terminated", b"n" * 64
    yield "with something behind", b"d1\0d1"
    yield "with its last byte set", b"d1".ljust(63, b"\0") + b"x"
    for byte in (1, 7, 8, 9, 10, 13, 27, 31, 127, 128, 0xC0, 0xFF):
        yield f"with byte {byte}", b"d" + bytes([byte])
    yield "in UTF-8", "dé".encode()


def unfit_names():
    """Names that are other devices'."""
    for name in (b"d0", b"d", b"d11", b"D1", b"n" * 63, b"%s%n%p", b"../../etc", b'"\\', b" "):
        yield name.decode(), name


def in_body():
    """Rows of what is wrong in the body."""
    for field, value, text in wrong_fields():
        yield f"{field} {value}, out of range", hello(**{field: value}), errno.EPROTO, "HELLO: " + text, True
    for field, value, code, text in unfit_fields():
        shown = len(value) if isinstance(value, tuple) else value
        yield f"{field} {shown}, not the session's", hello(**{field: value}), code, text, True
    for what, name in wrong_names():
        text = "HELLO: device name is malformed"
        yield f"name {what}", hello(names=(b"d0", name)), errno.EPROTO, text, True
    for what, name in unfit_names():
        text = f"HELLO names device 1 {what}, d1 is expected"
        yield f"name '{what}'", hello(names=(b"d0", name)), errno.EINVAL, text, True
    text = "HELLO names device 0 d1, d0 is expected"
    yield "names in another order", hello(names=(b"d1", b"d0")), errno.EINVAL, text, True
    body = RIGHT.bytes()
    for length in (0, 1, 15, 16, 17, len(body) - 1):
        yield f"body of {length} bytes", whole(body[:length]), errno.EPROTO, "HELLO: " + OUT_OF_BOUNDS, True
    for length in (1, 64, codec.BODY_MAX - len(body)):
        longer = whole(body + bytes(length))
        yield f"body {length} bytes too long", longer, errno.EPROTO, "HELLO: " + OUT_OF_BOUNDS, True


def strangers():
    """Rows of what is no HELLO at all."""
    magic = "handshake: magic is wrong"
    yield "DATA before HELLO", codec.data(b"x" * 64, 0, 0).bytes(), errno.EPROTO, magic, False
    yield "END before HELLO", codec.Frame(codec.END).bytes(), errno.EPROTO, magic, False
    yield "BYE before HELLO", codec.Frame(codec.BYE).bytes(), errno.EPROTO, magic, False
    yield "ABORT before HELLO", codec.Abort(text=b"go").frame(), errno.EPROTO, magic, False
    yield "HTTP", b"GET /" + b"x" * 60 + b" HTTP/1.1\r\n\r\n", errno.EPROTO, magic, False
    yield "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32), errno.EPROTO, magic, False
    yield "JSON", b'{"type": "migrate", "version": 1, "uuid": ""}\n', errno.EPROTO, magic, False
    yield "zeroes", bytes(4144), errno.EPROTO, magic, False


def flipped():
    """Rows of HELLO with one byte after the other inverted."""
    for at in range(len(whole())):
        message = bytearray(whole())
        message[at] ^= 0xFF
        code, text, told = errno.EPROTO, CHECKSUM, False
        if at < 4:
            text = "handshake: magic is wrong"
        elif at < 6:
            code, text, told = errno.EPROTONOSUPPORT, "HELLO: version is not 1", True
        elif at < 8:
            text = "handshake: unknown type"
        elif at < 11:
            text = "handshake: " + OUT_OF_BOUNDS
        yield f"byte {at} inverted", bytes(message), code, text, told


def truncated():
    """Rows of HELLO that ends after any number of bytes."""
    for length in range(len(whole())):
        yield f"cut after {length} bytes", whole()[:length], errno.ECONNRESET, LEFT, False


class HelloGroup:
    """Attacks on one destination that is still waiting for its first channel."""

    name = "HELLO"

    def __init__(self):
        self.rows = [*strangers(), *in_head(), *in_body(), *flipped(), *truncated()]

    def attacks(self, host):
        session = Session(host, "destination", UUID, channels=2, devices=2, slots=7, resume=10000)
        with session:
            for name, data, code, text, told in self.rows:
                yield name, lambda: self.attack(session, data, code, text, told)
            yield "after all that, a right one is taken", lambda: self.honest(session)

    @staticmethod
    def attack(session, data, code, text, told):
        with session.connect() as peer:
            peer.say(data)
            peer.hang_up()
            text = "new channel: " + text
            same_error("channel-ntf", session.channel_fails(), code, text)
            if told:
                kind, uuid, body = peer.take_message()
                same("answer", kind, codec.REFUSE)
                same("UUID of REFUSE", uuid, data[16:32])
                refusal = codec.parse_refuse(body)
                same_error("REFUSE", {"code": refusal[0], "origin": 0, "text": refusal[1]}, code, text)
            peer.is_left()
        shown = session.shows()
        same("state", shown["state"], CONNECTING)
        same("slots used", shown["slots_used_max"], 0)
        if "text" in shown:
            raise Broken(f"the session has an error: {shown}")

    @staticmethod
    def honest(session):
        with session.connect() as peer:
            ack = peer.greet(RIGHT)
            same("HELLO_ACK", ack, codec.HelloAck(1, 2, 0, ((2, 0, 0), (2, 0, 0))))
            with session.connect() as second:
                second.say(whole())
                text = "new channel: HELLO has number 0, which is taken"
                same_error("channel-ntf", session.channel_fails(), errno.EEXIST, text)
                same("answer", second.take_message()[0], codec.REFUSE)
            same("live channels", session.shows()["channels_live"], 1)
            session.keeps_bound()


def check_vectors():
    """Is broken unless the codec says what the document's vectors say."""
    same("checksum", codec.crc(b"123456789"), 0x1CF96D7C)
    uuid = bytes.fromhex("00112233445566778899aabbccddeeff")
    body = Hello(1, 4, 1, 1 << 20, names=(b"nic", b"gpu")).bytes()
    same("HELLO", struct.unpack(">I", Message(codec.HELLO, uuid, body).bytes()[12:16])[0], 0x8880F26F)
    body = codec.HelloAck(1, entries=((4, 0, 0), (8, 0, 0))).bytes()
    same("HELLO_ACK", struct.unpack(">I", Message(codec.HELLO_ACK, uuid, body).bytes()[12:16])[0], 0x06F884E4)
    same("DATA", codec.data(b"56789", 1, 4, 1).bytes()[-8:].hex(), "7c4a9a274f5922fd")
    same("digest", codec.digest([codec.crc(b"1234"), codec.crc(b"56789")]), 0x884E129E)
    same("BYE", codec.Frame(codec.BYE).bytes()[-4:].hex(), "a8d24737")
    abort = codec.Abort(5, 2, 5, 1, 0, b"gpu: write of chunk 1: I/O error", chunk=1).frame()
    same("ABORT", abort[24:32].hex(), "25c3994b53fc68f3")
