#!/usr/bin/env python3
"""What peers and the system do to a server: faults_test.py REFERENCE_SERVER FEATURE_SERVER. Speaks TAP.

Everything stays on the loopback and is bounded; speed is told, not judged.
"""

import contextlib
import http.client
import random
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import tap
from server_process import ServerProcess
from slow_clients import Healthy, Herd
from tap import equal, need, until

REFERENCE, FEATURE = sys.argv[1:3]
MANY = 2000
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "
BODY = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
READ = b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n"


class Server(ServerProcess):
    def __init__(self, *flags, **options):
        super().__init__(REFERENCE, "0", "2", *flags, **options)

    def get(self, path="/", timeout=30):
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def room_for_clients():
    """So many descriptors this process needs for the clients it plays."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard * 8 // 10 < MANY + 500:
        raise tap.Skip(f"a process may have only {hard} descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def slow(opening, seconds, *flags, **how):
    """Many of a kind for so long, while an ordinary client is served; returns the herd as it was then."""
    room_for_clients()
    with Server(*flags) as server, Healthy(server) as before:
        until(lambda: len(before.seconds) > 100)
        resident = server.resident_kib()
        with Herd(server, MANY, opening, **how) as herd, Healthy(server) as healthy:
            end = time.monotonic() + seconds
            peak = resident
            while time.monotonic() < end:
                peak = max(peak, server.resident_kib())
                time.sleep(0.1)
        print(f"# {MANY} of them: {healthy.told()}; {(peak - resident) / MANY:.1f} KiB resident for each")
        equal(healthy.failures, [])
        equal(server.get(), (200, b"Hello, World!"))
        until(lambda: server.descriptors() < 100, what="connections stay open")
        equal(server.end(), 0)
    return herd


def slow_heads_end_at_their_limit_whatever_they_drip():
    herd = slow(HEAD, 6, "--header-timeout", "3", drip=b"a")
    equal(herd.closed, MANY)
    # Some were reset while they sent; who could read was told why.
    assert herd.answers and all(answer.startswith(b"HTTP/1.1 408 ") for answer in herd.answers), herd.answers[:3]


def slow_bodies_end_at_the_least_rate():
    herd = slow(BODY, 14, drip=b"a")
    equal(herd.closed, MANY)
    assert herd.answers and all(answer.startswith(b"HTTP/1.1 408 ") for answer in herd.answers), herd.answers[:3]


def slow_readers_hold_little():
    slow(READ, 4, reads=16)


def more_clients_than_descriptors_wait_and_are_served():
    def few_descriptors():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    with Server(preexec_fn=few_descriptors) as server:  # pylint: disable=subprocess-popen-preexec-fn
        clients = [server.connect() for _ in range(400)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        served = have_something(clients)
        assert 150 <= len(served) < 256, len(served)
        used = cpu_share(server)
        assert used < 0.25, f"it spins: {used:.0%} of a processor"
        waiting = [client for client in clients if client not in served]
        equal(have_something(waiting), [])
        for client in served:
            client.close()
        assert all(answers_within(client, 30) for client in waiting), "some were forgotten"
        for client in waiting:
            client.close()
        equal(server.get()[0], 200)
        equal(server.end(), 0)


def without_descriptors_it_waits_for_the_next():
    with Server() as server:
        held = [server.connect() for _ in range(50)]
        for client in held:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answers_within(client, 30)
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (server.descriptors(), hard))
        late = server.connect()
        late.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        server.line_with("accepting connections pauses")
        used = cpu_share(server)
        assert used < 0.25, f"it spins: {used:.0%} of a processor"
        assert not answers_within(late, 0.1)
        # Who is here already is served all the time.
        held[0].sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answers_within(held[0], 30)
        for client in held[1:]:
            client.close()
        assert answers_within(late, 30), "it stays deaf"
        late.close()
        held[0].close()
        equal(server.end(), 0)


def answers_within(client, seconds):
    client.settimeout(seconds)
    with contextlib.suppress(TimeoutError):
        return client.recv(4096).startswith(b"HTTP/1.1 200 ")
    return False


def have_something(clients):
    """Those that something has come for, after all had the time for it."""
    time.sleep(1)
    poll = select.poll()
    by_number = {client.fileno(): client for client in clients}
    for number in by_number:
        poll.register(number, select.POLLIN)
    return [by_number[number] for number, _ in poll.poll(0)]


def cpu_share(server, seconds=2):
    before = server.cpu_seconds()
    time.sleep(seconds)
    return (server.cpu_seconds() - before) / seconds


def conversations():
    """What an honest client might say, to be cut anywhere."""
    opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    block = b"\x82\x86\x41\x01a\x04\x07/stream"
    ask = len(block).to_bytes(3, "big") + bytes([1, 5, 0, 0, 0, 1]) + block
    upgrade = (b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    return [
        b"GET /json HTTP/1.1\r\nHost: a\r\n\r\n" * 3,
        b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n",
        READ,
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000,
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"y" * 1024 + b"\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        opening + ask + ask.replace(b"\x05\0\0\0\x01", b"\x05\0\0\0\x03"),
        upgrade + b"\x81\x85abcd" + bytes(x ^ y for x, y in zip(b"hello", b"abcda")),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ]


def settled(measure):
    """Once it stays the same: the connection that was asked on may still be closing."""
    value = measure()
    while True:
        time.sleep(0.2)
        before, value = value, measure()
        if value == before:
            return value


def a_thousand_cut_connections_leave_nothing():
    seed = random.randrange(2**32)
    print(f"# seed {seed}")
    chance = random.Random(seed)
    said = conversations()
    with Server() as server:
        equal(server.get()[0], 200)  # what is made once is made
        before = settled(server.descriptors)
        for _ in range(1000):
            text = chance.choice(said)
            connection = server.connect()
            with contextlib.suppress(OSError):
                connection.sendall(text[:chance.randrange(len(text) + 1)])
                if chance.random() < 0.5:
                    connection.settimeout(0.005)
                    connection.recv(chance.choice([1, 100, 4096]))
            if chance.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        until(lambda: server.descriptors() <= before, what=f"{server.descriptors()} descriptors, {before} before")
        equal(server.descriptors(), before)
        equal(server.get()[0], 200)
        equal(server.end(), 0)


class Load:
    """Clients that ask without a pause and never again; each counts what it lost."""

    def __init__(self, server, path, clients=8):
        self.server, self.path = server, path
        self.answered, self.lost = 0, []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask_on, daemon=True) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def ask_on(self):
        while True:
            connection = http.client.HTTPConnection(*self.server.address, timeout=30)
            try:
                connection.connect()
            except OSError:
                return  # nobody listens any more
            with contextlib.closing(connection):
                for _ in range(50):
                    try:
                        connection.request("GET", self.path)
                        answer = connection.getresponse()
                        answer.read()
                    except Exception as why:
                        with self.lock:
                            self.lost.append(repr(why))
                        return
                    with self.lock:
                        self.answered += 1
                        if answer.status != 200:
                            self.lost.append(answer.status)
                    if answer.will_close:
                        break

    def join(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"


def sigterm_under_load_loses_nothing():
    with ServerProcess(FEATURE, "0", "2") as server:
        load = Load(server, "/")
        events = server.connect()
        events.sendall(b"GET /ticks HTTP/1.1\r\nHost: a\r\n\r\n")
        socket_ = server.connect()
        socket_.sendall(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        assert read_until(socket_, b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        assert b"data: tick" in read_until(events, b"data: tick")
        until(lambda: load.answered > 500)
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        # Told to come again later, and the last chunk: an end, no cut.
        assert read_until(events).endswith(b"\r\n0\r\n\r\n")
        # 1001, and our answer to it.
        close = read_until(socket_, b"\x03\xe9")
        equal(close[:1], b"\x88")
        socket_.sendall(b"\x88\x82\0\0\0\0\x03\xe9")
        equal(read_until(socket_), b"")
        equal(server.wait(30), 0)
        load.join()
        print(f"# {load.answered} answered, the end came after {time.monotonic() - began:.2f} s")
        equal(load.lost, [])


def read_until(connection, text=None):
    """All up to there; without it, to the end."""
    connection.settimeout(30)
    got = b""
    while text is None or text not in got:
        piece = connection.recv(4096)
        if not piece:
            assert text is None, f"it ended with {got!r}"
            break
        got += piece
    return got


def slowhttptest(mode, *flags):
    def test():
        program = need("slowhttptest")
        with Server() as server, Healthy(server) as healthy:
            done = subprocess.run([program, mode, "-c", "1000", "-r", "500", "-l", "8", "-p", "5", "-i", "1", *flags,
                                   "-u", f"http://127.0.0.1:{server.port}/big"],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
            print(f"# {healthy.told()}")
            equal(healthy.failures, [])
            assert "service available" in done.stdout, done.stdout + done.stderr
            said = [line for line in done.stdout.splitlines() if "service available" in line]
            assert all("YES" in line for line in said), done.stdout[-2000:]
            equal(server.get()[0], 200)

    test.__name__ = f"slowhttptest_{mode}_does_no_harm"
    return test


TESTS = [
    slow_heads_end_at_their_limit_whatever_they_drip,
    slow_bodies_end_at_the_least_rate,
    slow_readers_hold_little,
    more_clients_than_descriptors_wait_and_are_served,
    without_descriptors_it_waits_for_the_next,
    a_thousand_cut_connections_leave_nothing,
    sigterm_under_load_loses_nothing,
    slowhttptest("-H"),
    slowhttptest("-B", "-s", "100000", "-t", "POST"),
    slowhttptest("-R", "-a", "10", "-b", "3000"),
    slowhttptest("-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "1"),
]

if __name__ == "__main__":
    tap.run("faults", TESTS)
