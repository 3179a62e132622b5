# SPDX-License-Identifier: GPL-2.0
"""A hostile source on a live channel: each fault ends its session, by name, and that session alone."""
import errno

import codec
from codec import CHUNK_MIN, Frame
from host import COMPLETED, FAILED, Session, same, same_error

WINDOW = 3
NAMES = ["unknown", "DATA", "ZERO", "CONFIG", "END", "unknown", "unknown", "ACK", "ABORT", "BYE"]
MAX64 = (1 << 64) - 1
CHUNK = bytes(i * 7 & 0xFF for i in range(CHUNK_MIN))
CHUNK_CRC = codec.crc(CHUNK)
DATA = Frame(codec.DATA, 0, 1, CHUNK_MIN, 0, 0, CHUNK_CRC)
SMALL = b"123456789"
END = Frame(codec.END, 0, 1, 0, 2, CHUNK_MIN + 1, 7)
ABORT = Frame(codec.ABORT, 0, 0, 24, 0, 0, codec.crc(codec.Abort().bytes()))
BYE = Frame(codec.BYE)
LEFT = "closed by the other host without BYE"


def refused(frame, verdict):
    """What the module says of a header that the codec refuses."""
    name = NAMES[frame.kind] if frame.kind < len(NAMES) else "unknown"
    return f"{name} frame, type {frame.kind}, device {frame.device}, length {frame.length}: {verdict}"


def header(frame, verdict):
    """A row of a header that is refused before anything follows."""
    fields = (f"{name} {value}" for name, value in frame.__dict__.items() if value)
    return "header, " + ", ".join(fields), frame.bytes(), errno.EPROTO, refused(frame, verdict)


def wrong_types(directions):
    """Headers of types that this side must not send."""
    for kind in (0, 5, 6, 10, 11, 86, 127, 128, 255):
        yield header(Frame(kind), "unknown type")
    yield header(Frame(codec.CONFIG), "type was not negotiated")
    yield header(Frame(codec.CONFIG, 255, 65535, 0xFFFFFFFF, MAX64, MAX64, 1), "type was not negotiated")
    for kind in directions:
        yield header(Frame(kind, 0, 1, 0), "type is not for this direction")


def wrong_of_both():
    """Headers of ABORT and BYE with one field wrong."""
    for bit in range(2, 8):
        yield header(ABORT.but(flags=1 << bit), "reserved flag is set")
    for bit in range(1, 8):
        yield header(BYE.but(flags=1 << bit), "reserved flag is set")
    for length in (*range(24), 280, CHUNK_MIN, 1 << 31, 0xFFFFFFFF):
        yield header(ABORT.but(length=length), "length is out of bounds")
    for length in (1, CHUNK_MIN, 0xFFFFFFFF):
        yield header(BYE.but(length=length), "length is out of bounds")
    for frame in (ABORT, BYE):
        for wrong in ({"device": 1}, {"device": 65535}, {"index": 1}, {"index": MAX64}, {"offset": 1}):
            yield header(frame.but(**wrong), "reserved field is not zero")
    yield header(BYE.but(crc=1), "reserved field is not zero")
    yield header(BYE.but(flags=codec.BYE_DRAIN, crc=1), "reserved field is not zero")


def flipped(frame):
    """A right header with one byte after the other inverted."""
    for at in range(codec.FRAME_SIZE):
        data = bytearray(frame.bytes())
        data[at] ^= 0xFF
        seen = Frame(data[0], data[1], int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:8], "big"))
        yield f"header, byte {at} inverted", bytes(data), errno.EBADMSG, refused(seen, "header checksum is wrong")


def truncated(data):
    """A frame that ends after any number of bytes of its header, and some of its payload."""
    for length in (*range(codec.FRAME_SIZE + 1), codec.FRAME_SIZE + 1, len(data) - 1):
        yield f"frame cut after {length} bytes", data[:length], errno.ECONNRESET, LEFT


def wrong_headers():
    """Headers of DATA and END with one field wrong."""
    for frame in (DATA, END):
        for bit in range(8):
            yield header(frame.but(flags=1 << bit), "reserved flag is set")
        for device in (2, 3, 63, 64, 0x8000, 0xFFFF):
            yield header(frame.but(device=device), "no such device")
    for length in (0, CHUNK_MIN + 1, 16 << 20, 1 << 31, 0xFFFFFFFF):
        yield header(DATA.but(length=length), "length is out of bounds")
    for length in (1, CHUNK_MIN, 0xFFFFFFFF):
        yield header(END.but(length=length), "length is out of bounds")
    yield header(Frame(codec.ZERO, 0, 1, CHUNK_MIN), "type was not negotiated")


def of_data(index, fault):
    return f"DATA of device d1, chunk {index}: {fault}"


def of_end(index, fault):
    return f"END of device d1, chunk {index}: {fault}"


def small(index, offset, payload=SMALL):
    """A whole chunk of few bytes."""
    return codec.data(payload, index, offset, 1).bytes() + payload


def wrong_chunks():
    """Chunks that cannot be, after none or one that can."""
    for index in (WINDOW, WINDOW + 1, 63, 64, 1 << 31, 1 << 32, 1 << 63, MAX64):
        frame = DATA.but(index=index, offset=index * CHUNK_MIN & MAX64)
        yield f"chunk {index} outside the window", frame.bytes(), errno.EPROTO, of_data(index, "outside the window")
    conflict = of_data(1, "conflicts with one that is there already")
    for what, other in (
        ("bytes", small(1, 9, b"987654321")),
        ("offset", small(1, 10)),
        ("length", small(1, 9, b"12345678")),
        ("giant length", codec.data(SMALL, 1, 9, 1).but(length=CHUNK_MIN).bytes()),
    ):
        yield f"chunk twice with other {what}", small(1, 9) + other, errno.EPROTO, conflict
    spoiled = of_data(1, "checksum is wrong")
    for at in (0, 4, 8):
        payload = bytearray(SMALL)
        payload[at] ^= 1
        data = codec.data(SMALL, 1, 9, 1).bytes() + payload
        yield f"payload, byte {at} changed", data, errno.EBADMSG, spoiled
    for crc in (0, 0xFFFFFFFF):
        data = codec.data(SMALL, 1, 9, 1).but(crc=crc).bytes() + SMALL
        yield f"payload, checksum 0x{crc:x}", data, errno.EBADMSG, spoiled
    full = DATA.bytes() + CHUNK[:-1] + b"\0"
    yield "full chunk, last byte changed", full, errno.EBADMSG, of_data(0, "checksum is wrong")


def wrong_ends():
    """Ends of a stream that cannot be."""
    conflict = of_end(2, "conflicts with an earlier one")
    for wrong in ({"offset": 0}, {"offset": MAX64}, {"crc": 0}, {"crc": 8}):
        yield f"END twice with other {wrong}", END.bytes() + END.but(**wrong).bytes(), errno.EPROTO, conflict
    for index in (0, 1, 3, MAX64):
        text = of_end(index, "conflicts with an earlier one")
        yield f"END twice with index {index}", END.bytes() + END.but(index=index).bytes(), errno.EPROTO, text
    for index in (WINDOW + 1, 1 << 32, 1 << 63, MAX64):
        text = of_end(index, "counts more chunks than the window admits")
        yield f"END with index {index}", END.but(index=index).bytes(), errno.EPROTO, text
    for index in (0, 1):
        text = of_end(index, "counts less chunks than have arrived")
        yield f"END with index {index} after chunk 1", small(1, 9) + END.but(index=index).bytes(), errno.EPROTO, text
    after = of_data(2, "after the end of the stream")
    yield "chunk 2 after END of 2", END.bytes() + small(2, 18), errno.EPROTO, after


def wrong_order():
    """What is right by itself and wrong there."""
    text = "BYE before everything was loaded"
    yield "BYE at once", BYE.bytes(), errno.EPROTO, text
    yield "BYE after a chunk", small(0, 0) + BYE.bytes(), errno.EPROTO, text
    yield "BYE after END", END.but(index=0, offset=0, crc=0).bytes() + BYE.bytes(), errno.EPROTO, text
    hello = codec.Message(codec.HELLO, bytes(16), codec.Hello().bytes()).bytes()
    seen = Frame(hello[0], hello[1], int.from_bytes(hello[2:4], "big"), int.from_bytes(hello[4:8], "big"))
    yield "a second HELLO", hello, errno.EBADMSG, refused(seen, "header checksum is wrong")
    yield "nothing more", b"", errno.ECONNRESET, LEFT
    drain = BYE.but(flags=codec.BYE_DRAIN).bytes()
    yield "BYE of the only channel", drain, errno.ESHUTDOWN, "removed by the other host"


def unloadable():
    """Streams of device 0 that are not what their END or their headers say: name, bytes, error number, text."""
    text = "device d0: digest is 0, the source says 5"
    yield "digest of an empty stream", Frame(codec.END, crc=5).bytes(), errno.EBADMSG, text
    text = "device d0: byte count is 0, the source says 5"
    yield "bytes of an empty stream", Frame(codec.END, offset=5).bytes(), errno.EBADMSG, text
    for offset in (1, CHUNK_MIN, MAX64):
        text = f"device d0: offset of chunk 0 is 0, the source says {offset}"
        data = codec.data(SMALL, 0, offset).bytes() + SMALL
        yield f"offset {offset} of the first chunk", data, errno.EBADMSG, text


ZEROES_CRC = codec.crc(bytes(9))
ZERO = Frame(codec.ZERO, 0, 1, 9, 1, 9, ZEROES_CRC)


def wrong_zeroes():
    """Chunks of zeroes where the session has agreed on them."""
    for bit in range(8):
        yield header(ZERO.but(flags=1 << bit), "reserved flag is set")
    for device in (2, 0xFFFF):
        yield header(ZERO.but(device=device), "no such device")
    for length in (0, CHUNK_MIN + 1, 0xFFFFFFFF):
        yield header(ZERO.but(length=length), "length is out of bounds")
    for crc in (0, ZEROES_CRC ^ 1, ZEROES_CRC ^ 0xFFFFFFFF):
        yield header(ZERO.but(crc=crc), "checksum is not that of zeroes")
    text = "ZERO of device d1, chunk {}: {}"
    for index in (WINDOW, MAX64):
        fault = text.format(index, "outside the window")
        yield f"ZERO, chunk {index}", ZERO.but(index=index).bytes(), errno.EPROTO, fault
    fault = text.format(1, "conflicts with one that is there already")
    yield "ZERO after DATA", small(1, 9) + ZERO.bytes(), errno.EPROTO, fault
    yield "ZERO twice, other offset", ZERO.bytes() + ZERO.but(offset=10).bytes(), errno.EPROTO, fault
    end = END.but(index=1).bytes() + ZERO.bytes()
    yield "ZERO after END", end, errno.EPROTO, text.format(1, "after the end of the stream")


def unchecked():
    """Checksums where the session has agreed on none, and what nothing tells from another there."""
    yield header(DATA, "reserved field is not zero")
    yield header(END, "reserved field is not zero")
    yield header(ZERO, "reserved field is not zero")
    plain = codec.data(bytes(9), 1, 9, 1).but(crc=0).bytes() + bytes(9)
    fault = "ZERO of device d1, chunk 1: conflicts with one that is there already"
    yield "ZERO after DATA of zeroes", plain + ZERO.but(crc=0).bytes(), errno.EPROTO, fault


class FramesGroup:
    """Attacks on a destination each, with one live channel and two devices."""

    def __init__(self, name, rows, features=codec.FEATURE_CHECKSUM, knobs=None):
        self.name = name
        self.rows = rows
        self.features = features
        self.knobs = knobs

    def attacks(self, host):
        for name, data, code, text in self.rows:
            yield name, lambda: self.attack(host, data, code, text)

    def attack(self, host, data, code, text):
        slots = 2 * WINDOW + 1 + bool(self.features & codec.FEATURE_ZERO)
        made = Session(host, "destination", devices=2, slots=slots, features=self.features)
        with made as session, session.connect() as peer:
            if self.knobs is not None:
                session.attach(*self.knobs)
            ack = peer.greet(codec.Hello(features=self.features, names=(b"d0", b"d1")))
            same("windows", [entry[0] for entry in ack.entries], [WINDOW, WINDOW])
            peer.say(data)
            if code == errno.ECONNRESET:
                peer.hang_up()
            seen = session.reaches(COMPLETED)
            same("state", seen["state"], FAILED)
            prefix = "" if text.startswith("device ") else "channel 0: "
            same_error("session-get", seen, code, prefix + text)
            if code not in (errno.ECONNRESET, errno.ESHUTDOWN):
                self.is_told(peer, code, seen["text"])
            peer.is_left()
            session.keeps_bound()

    @staticmethod
    def is_told(peer, code, text):
        """The other host must hear the same words."""
        _, payload = peer.take_kind(codec.ABORT)
        abort = codec.parse_abort(payload)
        same("code of ABORT", abort.code, code)
        same("text of ABORT", abort.text.decode("ascii"), text)


def groups():
    rows = [*wrong_types([codec.ACK]), *wrong_of_both(), *wrong_headers(), *flipped(DATA), *flipped(BYE)]
    yield FramesGroup("header to a destination", rows)
    rows = [*wrong_chunks(), *wrong_ends(), *wrong_order(), *truncated(small(0, 0))]
    yield FramesGroup("stream", rows)
    yield FramesGroup("load", list(unloadable()), knobs=())
    both = codec.FEATURE_CHECKSUM | codec.FEATURE_ZERO
    yield FramesGroup("zeroes", list(wrong_zeroes()), features=both)
    yield FramesGroup("without checksums", list(unchecked()), features=codec.FEATURE_ZERO)
