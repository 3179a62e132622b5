# SPDX-License-Identifier: GPL-2.0
"""Attacks that are more than one wrong message: of time, of number, of order, of repetition."""
import errno
import socket
import threading

import codec
from attack_frames import SMALL, WINDOW, small
from attack_hello_ack import HelloAck
from codec import CHUNK_MIN, Abort, Frame, Hello
from host import ABORTED, ACTIVE, COMPLETED, CONNECTING, FAILED, PAUSED, PEER, Broken, Session, same, same_error
from peer import Peer

CHANNELS_MAX = 64
# Frames, and connections, of a flood
FLOOD = 1000
NAMES = (b"d0", b"d1")
STATE = ("state_size=229376", "seed=43")
STATE_CHUNKS = 4


def destination(host, **kwargs):
    """A destination of two devices with windows of three chunks."""
    kwargs = {"channels": 1, "resume": 0, **kwargs}
    return Session(host, "destination", devices=2, slots=2 * WINDOW + kwargs["channels"], **kwargs)


def hello(channels=1, **kwargs):
    return Hello(channels=channels, names=NAMES, **kwargs)


def fails(session, code, text):
    """The session must fail, for this reason."""
    seen = session.reaches(COMPLETED)
    same("state", seen["state"], FAILED)
    same_error("session-get", seen, code, text)
    session.keeps_bound()


def ends_by_owner(session):
    """The owner must be able to end the session at once, whatever a peer does."""
    session.host.must("abort", session.number, "enough")
    same("state", session.reaches(COMPLETED)["state"], ABORTED)
    session.keeps_bound()


def handshake_loris(host):
    """Handshakes that never end, on both roles at a time: each is given up after ten seconds."""
    message = codec.Message(codec.HELLO, bytes(16), hello().bytes()).bytes()
    with destination(host, resume=10000) as session, Session(host, "source", resume=10000) as source:
        peers = []
        for length in (0, 1, 16, 31, 32, 33, 100, len(message) - 1):
            peers.append(session.connect())
            peers[-1].say(message[:length])
        patient = source.connect()
        patient.take_message()
        patient.say(codec.Message(codec.HELLO_ACK, source.uuid, HelloAck().bytes()).bytes()[:40])
        host.must("works")
        same("slots used", session.shows()["slots_used_max"], 0)
        for _ in peers:
            text = "new channel: no HELLO within 10 seconds"
            same_error("channel-ntf", session.channel_fails(), errno.ETIMEDOUT, text)
        text = "channel 0: no HELLO_ACK within 10 seconds"
        same_error("channel-get", source.first_channel_fails(), errno.ETIMEDOUT, text)
        same("state", session.shows()["state"], CONNECTING)


def frame_loris(host, data):
    """A frame that never ends costs what was set aside for it, and its session can be ended."""
    with destination(host) as session, session.connect() as peer:
        peer.greet(hello())
        for byte in data:
            peer.say(bytes([byte]))
        host.must("works")
        same("state", session.shows()["state"], ACTIVE)
        ends_by_owner(session)


def deaf(host):
    """A destination that reads nothing: its channel is given up."""
    with Session(host, "source", timeout=500) as session:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", host.port))
        with Peer(sock) as peer:
            peer.uuid = session.uuid
            host.must("connect", session.number, 0)
            session.attach("state_size=4194304", "seed=1")
            peer.answer(HelloAck(entries=((2, 0, 0),)))
            fails(session, errno.ETIMEDOUT, "channel 0: nothing that was sent has been received for 500 ms")


def mute(host):
    """A destination that acknowledges nothing gets its window and no more."""
    with Session(host, "source") as session, session.connect() as peer:
        session.attach(*STATE)
        peer.answer(HelloAck(entries=((2, 0, 0),)))
        for index in range(2):
            same("chunk", peer.take_frame()[0].index, index)
        host.must("works")
        same("state", session.shows()["state"], ACTIVE)
        ends_by_owner(session)
        frame, _ = peer.take_frame()
        same("what follows", frame.kind, codec.ABORT)


def connections(host):
    """Connections without a HELLO: so many, and no more; they keep nobody out for good, and cost no slot."""
    with destination(host, resume=10000) as session:
        peers = [session.connect() for _ in range(CHANNELS_MAX)]
        extra = host.connection()
        answer = host.ask("connect", session.number, -1)
        same("answer", answer.get("error"), errno.ENOSPC)
        same("text", answer["text"], f"session {session.number} has {CHANNELS_MAX} channels without HELLO")
        host.must("works")
        same("slots used", session.shows()["slots_used_max"], 0)
        extra.sock.close()
        for peer in peers:
            peer.sock.close()
            session.channel_fails()
        with session.connect() as peer:
            peer.greet(hello())
            session.keeps_bound()


def many_connections(host):
    """One stranger after the other: what is kept of them does not grow."""
    with destination(host, resume=10000) as session:
        for _ in range(FLOOD // 4):
            with session.connect() as peer:
                peer.say(b"GET / HTTP/1.0\r\n\r\n" + bytes(32))
                session.channel_fails()
        count = len(session.channels())
        if count > 1:
            raise Broken(f"{count} channels that have failed are kept")
        same("slots used", session.shows()["slots_used_max"], 0)


def displacement(host):
    """A source that resumes a live channel displaces it, again and again, and never gets more slots."""
    with destination(host, channels=2, resume=10000) as session:
        with session.connect() as last:
            last.greet(hello(2))
            with session.connect() as other:
                other.greet(hello(2, channel=1))
                peers = []
                for _ in range(50):
                    peers.append(session.connect())
                    peers[-1].greet(hello(2, flags=codec.HELLO_RESUME))
                    text = "channel 0: displaced by a new channel"
                    same_error("channel-ntf", session.channel_fails(), errno.ECONNRESET, text)
                    session.keeps_bound()
                same("live channels", session.shows()["channels_live"], 2)
                same("number of channels", len(session.channels()), 2)
                for peer in peers:
                    peer.sock.close()


def taken_number(host):
    """A channel's number twice."""
    with destination(host, channels=2) as session, session.connect() as first, session.connect() as second:
        first.greet(hello(2, channel=1))
        second.say_message(codec.HELLO, hello(2, channel=1).bytes())
        text = "new channel: HELLO has number 1, which is taken"
        same_error("channel-ntf", session.channel_fails(), errno.EEXIST, text)
        same("code of REFUSE", codec.parse_refuse(second.take_message()[2])[0], errno.EEXIST)
        same("live channels", session.shows()["channels_live"], 1)


def spoiled_twice(host):
    """A chunk that is wrong again, over another channel, was wrong before it was sent."""
    wrong = codec.data(SMALL, 1, 9, 1).bytes() + SMALL[:-1] + b"x"
    with destination(host, resume=10000) as session:
        with session.connect() as peer:
            peer.greet(hello())
            peer.say(wrong)
            text = "channel 0: DATA of device d1, chunk 1: checksum is wrong"
            same_error("channel-ntf", session.channel_fails(), errno.EBADMSG, text)
            same("state", session.reaches(PAUSED)["state"], PAUSED)
        with session.connect() as peer:
            peer.greet(hello(flags=codec.HELLO_RESUME))
            peer.say(wrong)
            fails(session, errno.EBADMSG, text + " again")


def duplicates(host):
    """A flood of copies of a chunk that waits: all are dropped, and counted."""
    with destination(host) as session, session.connect() as peer:
        peer.greet(hello())
        peer.say(small(1, 9) * (FLOOD + 1))
        # What comes last tells that all before it has been seen.
        peer.say(small(WINDOW, 27))
        fails(session, errno.EPROTO, f"channel 0: DATA of device d1, chunk {WINDOW}: outside the window")
        same("duplicates", session.shows()["duplicates"], FLOOD)


def stale_acks(host):
    """A flood of ACKs that say nothing new."""
    with Session(host, "source") as session, session.connect() as peer:
        session.attach(*STATE)
        peer.answer(HelloAck(entries=((2, 0, 0),)))
        for _ in range(2):
            peer.take_frame()
        peer.say(Frame(codec.ACK, 0, 0, 0, 0, 0).bytes() * FLOOD)
        peer.say(Frame(codec.ACK, 0, 0, 0, 9, 9).bytes())
        fails(session, errno.EPROTO, "channel 0: ACK of device d0 acknowledges a chunk that was never sent")


def after_abort(host):
    """What comes after an ABORT is not looked at."""
    with destination(host) as session, session.connect() as peer:
        peer.greet(hello())
        peer.say(Abort(text=b"first").frame() + Abort(text=b"second").frame() + small(WINDOW, 27) + bytes(100000))
        seen = session.reaches(COMPLETED)
        same("error", (seen["state"], seen["origin"], seen["text"]), (FAILED, PEER, "first"))
        session.keeps_bound()


def after_drain(host):
    """What comes after a BYE with DRAIN is a failure of that channel alone."""
    with destination(host, channels=2, resume=10000) as session:
        with session.connect() as first, session.connect() as second:
            first.greet(hello(2))
            second.greet(hello(2, channel=1))
            first.say(Frame(codec.BYE, codec.BYE_DRAIN).bytes())
            same("answer", first.take_kind(codec.BYE)[0].flags, codec.BYE_DRAIN)
            first.say(small(0, 0))
            first.hang_up()
            text = "channel 0: closed by the other host without BYE"
            same_error("channel-ntf", session.channel_fails(), errno.ECONNRESET, text)
            same("live channels", session.shows()["channels_live"], 1)
            session.keeps_bound()


def record(host, uuid):
    """What an honest source says to an honest destination, overheard in between."""
    spoken = bytearray()

    def carry(mouth, ear, heard):
        while data := mouth.sock.recv(65536):
            heard += data
            ear.sock.sendall(data)
        ear.hang_up()

    sessions = (
        Session(host, "source", uuid),
        Session(host, "destination", uuid, slots=STATE_CHUNKS + 1),
    )
    with sessions[0] as source, sessions[1] as sink, sink.connect() as ear, source.connect() as mouth:
        source.attach(*STATE)
        sink.attach()
        both = [
            threading.Thread(target=carry, args=(mouth, ear, spoken)),
            threading.Thread(target=carry, args=(ear, mouth, bytearray())),
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        for session in (source, sink):
            same("state", session.reaches(COMPLETED)["state"], COMPLETED)
    return bytes(spoken)


class Replay:
    """A whole session, overheard once and played again."""

    def __init__(self, host):
        self.host = host
        self.uuid = bytes.fromhex("77777777777747778777777777777777")
        self.spoken = b""

    def overheard(self):
        self.spoken = record(self.host, self.uuid)
        if len(self.spoken) < STATE_CHUNKS * CHUNK_MIN / 2:
            raise Broken(f"only {len(self.spoken)} bytes were overheard")

    def sink(self, uuid):
        return Session(self.host, "destination", uuid, slots=STATE_CHUNKS + 1)

    def to_another(self):
        with self.sink(None) as session, session.connect() as peer:
            peer.say(self.spoken)
            text = "HELLO has session UUID 77777777-7777-4777-8777-777777777777, which is another session's"
            same_error("channel-ntf", session.channel_fails(), errno.EINVAL, "new channel: " + text)
            same("slots used", session.shows()["slots_used_max"], 0)

    def blindly(self):
        """To a session of the same UUID, all at once: the BYE comes before anything is loaded."""
        with self.sink(self.uuid) as session, session.connect() as peer:
            peer.say(self.spoken)
            fails(session, errno.EPROTO, "channel 0: BYE before everything was loaded")

    def twice(self):
        """To a session that listens to the source already."""
        first = self.spoken[: codec.HEAD_SIZE + len(Hello().bytes())]
        with self.sink(self.uuid) as session, session.connect() as peer:
            peer.say(first)
            same("answer", peer.take_message()[0], codec.HELLO_ACK)
            with session.connect() as other:
                other.say(self.spoken)
                text = "new channel: HELLO has number 0, which is taken"
                same_error("channel-ntf", session.channel_fails(), errno.EEXIST, text)
            same("live channels", session.shows()["channels_live"], 1)


class CourseGroup:
    """Attacks of some length."""

    name = "course"

    def attacks(self, host):
        for attack in (
            taken_number,
            displacement,
            spoiled_twice,
            duplicates,
            stale_acks,
            after_abort,
            after_drain,
            deaf,
            mute,
            connections,
            many_connections,
            handshake_loris,
        ):
            yield attack.__name__.replace("_", " "), lambda: attack(host)
        for length in (1, 31, 32, 40):
            yield f"frame of {length} bytes, one by one", lambda: frame_loris(host, small(0, 0)[:length])
        replay = Replay(host)
        yield "a session is overheard", replay.overheard
        yield "replay to another session", replay.to_another
        yield "replay to the same UUID, all at once", replay.blindly
        yield "replay beside the source", replay.twice
