#!/usr/bin/env python3
"""Stands around the gateway program, peers behind it and clients in front of it: gateway_test.py PROGRAM. Speaks TAP."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import tap
from server_process import ServerProcess
from tap import equal, until

PROGRAM = os.path.abspath(sys.argv[1])
with open(PROGRAM, "rb") as program:
    SANITIZED = b"__asan_init" in program.read()


class Peer:
    """A server whose connections are given to a function, with the head of each request and what came behind it."""

    def __init__(self, serve, health=lambda: b"200 OK"):
        self.serve, self.health = serve, health
        self.heads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.open.append(connection)
                threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def talk(self, connection):
        rest = b""
        with contextlib.suppress(OSError), connection:
            while True:
                while b"\r\n\r\n" not in rest:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    rest += piece
                head, rest = rest.split(b"\r\n\r\n", 1)
                if head.startswith(b"GET /readyz "):
                    connection.sendall(b"HTTP/1.1 " + self.health() + b"\r\nContent-Length: 0\r\n\r\n")
                    continue
                self.heads.append(head.decode())
                rest = self.serve(connection, head.decode(), rest)
                if rest is None:
                    return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def answering(body, fields=""):
    reply = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{fields}\r\n{body}".encode()

    def serve(connection, head, rest):
        length = int((re.search(r"(?im)^content-length: (\d+)", head) or [0, 0])[1])
        while len(rest) < length:
            rest += connection.recv(65536)
        connection.sendall(reply)
        return rest[length:]

    return serve


class Gateway(ServerProcess):
    """One run of the program in a folder of its own."""

    def __init__(self, folder, upstreams, routes=None, *flags):
        self.file = os.path.join(folder, "gateway.json")
        self.write(upstreams, routes or [{"upstream": name} for name in upstreams])
        super().__init__(PROGRAM, "--port", "0", *flags, cwd=folder, environment={"RONDEAU_PROFILE": "dev"})

    def write(self, upstreams, routes):
        self.put(json.dumps({"upstreams": upstreams, "routes": routes}))

    def put(self, text):
        with open(self.file + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.file + ".new", self.file)

    def ask(self, method="GET", path="/", body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()


def unchecked(*peers, **more):
    return {"peers": [peer if isinstance(peer, str) else peer.url for peer in peers], "health": None, **more}


def closed_port():
    """A port on which nobody listens, for as long as the socket is kept."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held, f"http://127.0.0.1:{held.getsockname()[1]}"


def fields_of_the_connection_stay_and_the_client_is_told_of(folder):
    fields = "Connection: x-own, keep-alive\r\nX-Own: 1\r\nX-Public: 2\r\nKeep-Alive: timeout=5\r\n"
    with Peer(answering("hello", fields)) as peer, Gateway(folder, {"u": unchecked(peer)}) as gateway:
        status, headers, body = gateway.ask(path="/a%2Fb?c", headers={
            "Host": "shop.example", "Connection": "x-hop", "X-Hop": "1", "TE": "trailers", "Keep-Alive": "300",
            "Proxy-Authorization": "Basic eA==", "X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Mine": "1"})
        equal((status, body), (200, "hello"))
        head = peer.heads[0].lower()
        assert head.startswith("get /a%2fb?c http/1.1\r\n"), head
        for kept in ("host: shop.example", "x-mine: 1", "via: 1.1 rondeau", "x-forwarded-for: 127.0.0.1",
                     "x-forwarded-proto: http", "x-forwarded-host: shop.example"):
            assert f"\r\n{kept}" in head, (kept, head)
        for dropped in ("x-hop", "\r\nte:", "keep-alive", "proxy-authorization", "6.6.6.6"):
            assert dropped not in head, (dropped, head)
        equal((headers["x-own"], headers["keep-alive"], headers["x-public"]), (None, None, "2"))
        assert "rondeau" in headers["via"], headers["via"]


def bodies_go_through_as_they_come(folder):
    came, go_on = threading.Event(), threading.Event()

    def serve(connection, _, rest):
        while b"first" not in rest:
            rest += connection.recv(65536)
        came.set()
        while b"0\r\n\r\n" not in rest:
            rest += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n")
        go_on.wait(30)
        connection.sendall(b"4\r\nlate\r\n0\r\n\r\n")
        return b""

    with Peer(serve) as peer, Gateway(folder, {"u": unchecked(peer)}) as gateway, gateway.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert came.wait(10), "the first piece waits for the last"
        client.sendall(b"6\r\nsecond\r\n0\r\n\r\n")
        got = b""
        while b"early" not in got:
            got += client.recv(65536)
        assert b"late" not in got
        go_on.set()
        while not got.endswith(b"0\r\n\r\n"):
            got += client.recv(65536)
        assert b"late" in got


def a_gateway_holds_no_body_in_memory(folder):
    """64 MiB each way, to a peer and a client that begin late."""
    size = 64 * 1024 * 1024

    def serve(connection, _, rest):
        time.sleep(0.5)
        left = size - len(rest)
        while left > 0:
            left -= len(connection.recv(min(left, 1 << 20)))
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(size >> 20):
            connection.sendall(b"y" * (1 << 20))
        return b""

    with Peer(serve) as peer, Gateway(folder, {"u": unchecked(peer)}, None,
                                      "--set", "server.limits.max_streamed_body=134217728") as gateway:
        before = gateway.resident_kib()
        with gateway.connect() as client:
            client.sendall(f"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
            for _ in range(size >> 20):
                client.sendall(b"x" * (1 << 20))
            time.sleep(0.5)
            got = 0
            while got < size:
                got += len(client.recv(1 << 20))
        if not SANITIZED:  # what is freed stays for a while, to be watched
            assert gateway.resident_kib() - before < 16 * 1024, (before, gateway.resident_kib())


def a_peer_that_dies_at_any_byte_gives_a_whole_answer_a_502_or_a_cut_one(folder):
    reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    state = {"length": 0}

    def serve(connection, *_):
        connection.sendall(reply[:state["length"]])
        return None

    begun = reply.index(b"\r\n\r\n") + 4
    with Peer(serve) as peer, Gateway(folder, {"u": unchecked(peer)}) as gateway:
        for state["length"] in range(len(reply) + 1):
            try:
                status, headers, body = gateway.ask(method="POST", body="x")
            except (http.client.IncompleteRead, ConnectionResetError) as cut:
                assert begun <= state["length"] < len(reply), (state, cut)
                continue
            if state["length"] == len(reply):
                equal((status, headers["x-a"], body), (200, "b", "hello world"))
            else:
                equal(status, 502)
                assert state["length"] < begun, state
        equal(gateway.ask()[0], 200)


def what_was_not_sent_goes_to_another_peer(folder):
    held, nobody = closed_port()
    with contextlib.closing(held), Peer(answering("there")) as peer:
        with Gateway(folder, {"u": unchecked(nobody, peer, balance="round_robin", eject_after=0)}) as gateway:
            for method in ("GET", "POST", "GET", "POST"):
                equal(gateway.ask(method, body="order" if method == "POST" else None)[::2], (200, "there"))
            equal(len(peer.heads), 4)


def a_peer_that_is_not_well_gets_nothing_until_it_is(folder):
    health = {"state": b"200 OK"}
    checks = {"every": "50ms", "failures": 2, "successes": 2}
    with Peer(answering("sick"), lambda: health["state"]) as sick, Peer(answering("well")) as well:
        upstream = {"peers": [sick.url, well.url], "balance": "round_robin", "health": checks}
        with Gateway(folder, {"u": upstream}) as gateway:
            until(lambda: gateway.ask()[2] == "sick")
            health["state"] = b"503 Service Unavailable"
            gateway.line_with("a peer is out")
            seen = len(sick.heads)
            for _ in range(20):
                equal(gateway.ask()[2], "well")
            equal(len(sick.heads), seen)
            health["state"] = b"200 OK"
            gateway.line_with("a peer is in again")
            until(lambda: gateway.ask()[2] == "sick")


def a_silent_peer_is_a_504_in_time(folder):
    def serve(connection, *_):
        time.sleep(20)

    with Peer(serve) as peer, Gateway(folder, {"u": unchecked(peer)}, [{"upstream": "u", "timeout": "300ms"}]) as gateway:
        began = time.monotonic()
        equal(gateway.ask()[0], 504)
        assert time.monotonic() - began < 10


def an_upload_may_take_longer_than_an_answer(folder):
    def serve(connection, _, rest):
        while not rest.endswith(b"0\r\n\r\n"):
            rest += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return b""

    with Peer(serve) as peer, Gateway(folder, {"u": unchecked(peer)}, [{"upstream": "u", "timeout": "200ms"}]) as gateway:
        with gateway.connect() as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            time.sleep(0.6)  # three times the limit
            client.sendall(b"6\r\nsecond\r\n0\r\n\r\n")
            got = b""
            while not got.endswith(b"ok"):
                piece = client.recv(65536)
                assert piece, got
                got += piece
            assert got.startswith(b"HTTP/1.1 200 "), got


def why_nobody_answered_stands_in_the_log_and_is_not_told(folder):
    held, nobody = closed_port()
    with contextlib.closing(held), Gateway(folder, {"u": unchecked(nobody)}, None, "--profile", "prod") as gateway:
        status, _, body = gateway.ask(path="/x")
        equal(status, 502)
        assert "refused" not in body, body
        line = json.loads(gateway.line_with('"answered"'))
        assert line["status"] == 502 and "connection refused" in line["error"], line


def a_websocket_goes_through(folder):
    def serve(connection, head, rest):
        assert "upgrade: websocket" in head.lower(), head
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello")
        while True:
            piece = connection.recv(65536)
            if not piece:
                return None
            connection.sendall(piece.upper())

    with Peer(serve) as peer, Gateway(folder, {"u": unchecked(peer)}) as gateway, gateway.connect() as client:
        client.sendall(b"GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nearly ")
        got = b""
        while not got.endswith(b"EARLY "):
            got += client.recv(65536)
        head, rest = got.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head
        equal(rest, b"helloEARLY ")
        client.sendall(b"more")
        equal(client.recv(65536), b"MORE")
        client.shutdown(socket.SHUT_WR)
        equal(client.recv(65536), b"")


def routes_are_replaced_under_load_without_a_lost_request(folder):
    with Peer(answering("one")) as one, Peer(answering("two")) as two:
        files = [json.dumps({"upstreams": {"u": unchecked(peer)}, "routes": [{"upstream": "u"}]}) for peer in (one, two)]
        # What it would turn away on a busy machine is not what is lost by a reload.
        with Gateway(folder, {"u": unchecked(one)}, None, "--set", "server.layers.admission=false") as gateway:
            over, wrong, answered = threading.Event(), [], [0, 0, 0, 0]

            def load(place):
                connection = http.client.HTTPConnection(*gateway.address, timeout=30)
                while not over.is_set():
                    try:
                        connection.request("GET", "/")
                        answer = connection.getresponse()
                        if (answer.status, answer.read()) not in ((200, b"one"), (200, b"two")):
                            wrong.append(answer.status)
                    except Exception as failed:  # whatever it is, a request was lost
                        wrong.append(repr(failed))
                        return
                    answered[place] += 1

            threads = [threading.Thread(target=load, args=[place]) for place in range(4)]
            for thread in threads:
                thread.start()
            for turn in range(1, 51):
                gateway.put(files[turn % 2])
                gateway.send_signal(signal.SIGHUP)
                gateway.line_with("routes replaced")
            gateway.put('{"upstreams": {"u": {"peers": []}}, "routes": []}')
            gateway.send_signal(signal.SIGHUP)
            gateway.line_with("needs at least one")
            equal(gateway.ask()[0], 200)
            over.set()
            for thread in threads:
                thread.join()
            equal(wrong, [])
            assert min(answered) > 10, answered
            assert one.heads and two.heads
            equal(gateway.end(), 0)


def a_changed_file_is_seen_by_itself(folder):
    with Peer(answering("one")) as one, Peer(answering("two")) as two, Gateway(folder, {"u": unchecked(one)}) as gateway:
        equal(gateway.ask()[2], "one")
        gateway.write({"u": unchecked(two)}, [{"upstream": "u"}])
        until(lambda: gateway.ask()[2] == "two")


def mistakes_are_told_before_it_starts(folder):
    def run(*flags):
        done = subprocess.run([PROGRAM, "--port", "0", *flags], cwd=folder, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stderr

    code, told = run()
    equal(code, 78)
    assert "gateway.json" in told, told
    with open(os.path.join(folder, "gateway.json"), "w", encoding="utf-8") as file:
        file.write('{"upstreams": {"u": {"peers": ["shop"]}}, "routes": [{"upstream": "v"}]}')
    code, told = run("--check-config")
    equal(code, 78)
    assert "/upstreams/u/peers/0" in told, told


def call(test):
    folder = tempfile.mkdtemp(prefix="gateway-")
    try:
        test(folder)
    finally:
        shutil.rmtree(folder)


tap.run("gateway", [
    fields_of_the_connection_stay_and_the_client_is_told_of,
    bodies_go_through_as_they_come,
    a_gateway_holds_no_body_in_memory,
    a_peer_that_dies_at_any_byte_gives_a_whole_answer_a_502_or_a_cut_one,
    what_was_not_sent_goes_to_another_peer,
    a_peer_that_is_not_well_gets_nothing_until_it_is,
    a_silent_peer_is_a_504_in_time,
    an_upload_may_take_longer_than_an_answer,
    why_nobody_answered_stands_in_the_log_and_is_not_told,
    a_websocket_goes_through,
    routes_are_replaced_under_load_without_a_lost_request,
    a_changed_file_is_seen_by_itself,
    mistakes_are_told_before_it_starts,
], call)
