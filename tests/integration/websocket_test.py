#!/usr/bin/env python3
"""Talks to reference_server as a WebSocket client of others' making: websocket_test.py PROGRAM. Speaks TAP.

The client is wsproto (Debian: python3-wsproto); without it everything is skipped.
"""

import contextlib
import os
import signal
import socket
import sys

import tap
from server_process import ServerProcess
from tap import equal

try:
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import (AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, RejectConnection, Request,
                                TextMessage)
    from wsproto.extensions import PerMessageDeflate
except ImportError:
    tap.want_system_python()
    tap.skip_all("python3-wsproto is not installed")

PROGRAM = sys.argv[1]
MEBI = 1024 * 1024


class Server(ServerProcess):
    def __init__(self, *flags):
        super().__init__(PROGRAM, "0", "2", *flags)

    def client(self, **settings):
        client = Client(self.port, **settings)
        accepted = client.next()
        assert isinstance(accepted, AcceptConnection), accepted
        return client


class Client:
    def __init__(self, port, step=None, deflate=False, **request):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.step = step
        self.received = 0
        self.connection = WSConnection(ConnectionType.CLIENT)
        self.events = self.connection.events()
        extensions = [PerMessageDeflate()] if deflate else []
        self.send(Request(host=f"127.0.0.1:{port}", target="/ws", extensions=extensions, **request))

    def send(self, *events):
        self.send_raw(b"".join(self.connection.send(event) for event in events))

    def send_raw(self, data):
        step = self.step or max(1, len(data))
        for at in range(0, len(data), step):
            self.socket.sendall(data[at:at + step])

    def next(self):
        """The next event; None when the server has ended the connection."""
        while True:
            for event in self.connection.events():
                return event
            data = self.socket.recv(65536)
            self.received += len(data)
            if not data:
                return None
            self.connection.receive_data(data)

    def message(self):
        whole = None
        while True:
            event = self.next()
            assert isinstance(event, (TextMessage, BytesMessage)), event
            whole = event.data if whole is None else whole + event.data
            if event.message_finished:
                return whole

    def closed_by_server(self):
        event = self.next()
        assert isinstance(event, CloseConnection), event
        return int(event.code)

    def at_its_end(self):
        self.socket.settimeout(30)
        with contextlib.suppress(ConnectionResetError):
            return self.socket.recv(1) == b""
        return True


def text_and_bytes_come_back():
    with Server() as server:
        client = server.client()
        for content in ["", "a", "κόσμε \U0001F600", "x" * 125, "x" * 126, "y" * 65535, "y" * 65536, "z" * MEBI]:
            client.send(TextMessage(data=content))
            equal(client.message(), content)
        for content in [b"", b"\x00\xff", bytes(range(256)) * 300]:
            client.send(BytesMessage(data=content))
            equal(bytes(client.message()), content)
        client.send(CloseConnection(code=1000, reason="done"))
        equal(client.closed_by_server(), 1000)
        assert client.at_its_end()


def fragments_and_single_bytes_make_the_same_messages():
    with Server() as server:
        client = server.client(step=1)
        client.send(TextMessage(data="one ", message_finished=False), Ping(payload=b"between"),
                    TextMessage(data="", message_finished=False), TextMessage(data="two"))
        event = client.next()
        equal(event, Pong(payload=b"between"))
        equal(client.message(), "one two")


def many_messages_come_back_in_order():
    with Server() as server:
        client = server.client()
        client.send(*[TextMessage(data=f"message {i}") for i in range(5000)])
        equal([client.message() for _ in range(5000)], [f"message {i}" for i in range(5000)])


def many_clients_are_served_at_once():
    with Server() as server:
        clients = [server.client() for _ in range(200)]
        for number, client in enumerate(clients):
            client.send(TextMessage(data=f"client {number}"))
        for number, client in enumerate(clients):
            equal(client.message(), f"client {number}")
            client.socket.close()


def close_codes_are_answered():
    with Server() as server:
        for code in [1000, 1001, 1003, 1007, 1011, 3000, 4999]:
            client = server.client()
            client.send(CloseConnection(code=code, reason="why not"))
            equal(client.closed_by_server(), code)
            assert client.at_its_end()


def what_is_wrong_has_its_code():
    with Server() as server:
        for frame, code in [(b"\x81\x01a", 1002), (b"\xc1\x80mask", 1002), (b"\x83\x80mask", 1002),
                            (b"\x81\x81\0\0\0\0\xff", 1007), (b"\x88\x81\0\0\0\0\x03", 1002),
                            (b"\x88\x82\0\0\0\0\x03\xed", 1002), (b"\x82\xff\x80" + b"\0" * 7, 1002)]:
            client = server.client()
            client.send_raw(frame)
            equal(client.closed_by_server(), code)
            assert client.at_its_end()


def what_is_too_big_is_refused():
    with Server() as server:
        client = server.client()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.send(BytesMessage(data=b"b" * (MEBI + 1)))
        equal(client.closed_by_server(), 1009)
    with Server("--max-message", "100") as server:
        client = server.client(deflate=True)
        client.send(BytesMessage(data=b"b" * 100))
        equal(bytes(client.message()), b"b" * 100)
        client.send(BytesMessage(data=b"b" * 101))
        equal(client.closed_by_server(), 1009)


def messages_are_compressed_where_the_client_wants_it():
    with Server() as server:
        client = server.client(deflate=True)
        before = client.received
        for _ in range(3):
            client.send(TextMessage(data="a" * 100_000))
            equal(client.message(), "a" * 100_000)
        assert client.received - before < 3000, client.received - before
        noise = os.urandom(200_000)
        client.send(BytesMessage(data=noise, message_finished=False), BytesMessage(data=noise))
        equal(bytes(client.message()), noise * 2)
        client.send(CloseConnection(code=1000))
        equal(client.closed_by_server(), 1000)


def pages_of_other_origins_are_refused():
    with Server() as server:
        client = Client(server.port, extra_headers=[(b"Origin", b"http://evil.example")])
        refused = client.next()
        assert isinstance(refused, RejectConnection), refused
        equal(refused.status_code, 403)
        server.client(extra_headers=[(b"Origin", f"http://127.0.0.1:{server.port}".encode())])


def at_the_end_of_the_server_clients_are_told_1001():
    with Server() as server:
        clients = [server.client() for _ in range(20)]
        server.send_signal(signal.SIGTERM)
        for client in clients:
            equal(client.closed_by_server(), 1001)
            client.send(CloseConnection(code=1001))
            assert client.at_its_end()
            client.socket.close()
        equal(server.wait(), 0)


TESTS = [
    text_and_bytes_come_back,
    fragments_and_single_bytes_make_the_same_messages,
    many_messages_come_back_in_order,
    many_clients_are_served_at_once,
    close_codes_are_answered,
    what_is_wrong_has_its_code,
    what_is_too_big_is_refused,
    messages_are_compressed_where_the_client_wants_it,
    pages_of_other_origins_are_refused,
    at_the_end_of_the_server_clients_are_told_1001,
]

tap.run("websocket", TESTS)
