# SPDX-License-Identifier: GPL-2.0
"""One end of a channel, played by the adversary."""
import socket

import codec

SILENCE_S = 30


class Peer:
    """A connection; what arrives is checked for its form alone."""

    def __init__(self, sock):
        self.sock = sock
        self.uuid = bytes(16)
        sock.settimeout(SILENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def say(self, data):
        """Sends bytes; a host that has hung up already is no surprise."""
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def hang_up(self):
        """Says that nothing follows."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def take(self, count):
        """Exactly so many bytes."""
        data = bytearray()
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            if not more:
                raise EOFError(f"{len(data)} of {count} bytes")
            data += more
        return bytes(data)

    def is_left(self):
        """Whether the host hangs up, whatever it says before."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True

    def say_message(self, kind, body, **wrong):
        """Sends a message of the handshake."""
        self.say(codec.Message(**{"kind": kind, "uuid": self.uuid, "body": body, **wrong}).bytes())

    def take_message(self):
        """A message of the handshake: its kind, UUID and body."""
        head = self.take(codec.HEAD_SIZE)
        magic, version, kind, length, _, uuid = codec.message_head(head)
        body = self.take(length)
        if magic != codec.MAGIC or version != codec.VERSION or not codec.message_is_whole(head, body):
            raise ValueError(f"message {head.hex()} {body.hex()}")
        return kind, uuid, body

    def take_frame(self):
        """A frame: header and payload."""
        frame = codec.parse_frame(self.take(codec.FRAME_SIZE))
        payload = b"" if frame.kind == codec.ZERO else self.take(frame.length)
        return frame, payload

    def take_kind(self, kind):
        """The next frame of a kind."""
        while True:
            frame, payload = self.take_frame()
            if frame.kind == kind:
                return frame, payload

    def greet(self, hello):
        """A source's handshake with a host that agrees: what its HELLO_ACK says."""
        self.say_message(codec.HELLO, hello.bytes())
        kind, _, body = self.take_message()
        if kind != codec.HELLO_ACK:
            raise ValueError(f"HELLO is answered with message {kind}: {body!r}")
        return codec.parse_hello_ack(body)

    def answer(self, ack):
        """A destination's handshake: what the host's HELLO says."""
        kind, _, body = self.take_message()
        if kind != codec.HELLO:
            raise ValueError(f"message {kind} instead of HELLO")
        self.say_message(codec.HELLO_ACK, ack.bytes())
        return codec.parse_hello(body)
