"""Many clients that are slow on purpose, and an ordinary one among them; for the tests beside it."""

import contextlib
import http.client
import socket
import threading
import time


class Herd:
    """Connections that say a little at once and then go on as slowly as they are told, in a thread of their own."""

    def __init__(self, server, count, opening, drip=None, reads=0, period=0.5):
        self.drip, self.reads, self.period = drip, reads, period
        self.stop = threading.Event()
        self.closed = 0
        self.answers = []
        self.open = [self.connect(server, opening) for _ in range(count)]
        self.thread = threading.Thread(target=self.go_on, daemon=True)

    @staticmethod
    def connect(server, opening):
        connection = socket.socket()
        # Small, so that the kernel holds little of an answer that nobody reads.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.settimeout(30)
        connection.connect(server.address)
        connection.sendall(opening)
        connection.setblocking(False)
        return connection

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(30)
        for connection in self.open:
            connection.close()

    def go_on(self):
        while not self.stop.wait(self.period):
            self.open = [connection for connection in self.open if self.one_step(connection)]

    def one_step(self, connection):
        """False: the server has closed it."""
        try:
            if self.drip:
                with contextlib.suppress(BlockingIOError):
                    connection.send(self.drip)
            # Who drips looks for a refusal; who reads slowly takes a few bytes.
            with contextlib.suppress(BlockingIOError):
                got = connection.recv(self.reads or 4096)
                if got and not self.reads:
                    self.answers.append(got)
                if not got:
                    raise ConnectionResetError
        except OSError:
            connection.close()
            self.closed += 1
            return False
        return True


class Healthy:
    """Asks all the time, on a new connection and on an old one in turn; notes what failed and how long answers took."""

    def __init__(self, server, path="/"):
        self.server, self.path = server, path
        self.failures = []
        self.seconds = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.ask_on, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(60)

    def ask_on(self):
        kept = http.client.HTTPConnection(*self.server.address, timeout=30)
        while not self.stop.wait(0.005):
            new = http.client.HTTPConnection(*self.server.address, timeout=30)
            for connection in (kept, new):
                began = time.monotonic()
                try:
                    connection.request("GET", self.path)
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 200:
                        self.failures.append(answer.status)
                except Exception as why:  # every kind counts
                    self.failures.append(repr(why))
                    connection.close()
                self.seconds.append(time.monotonic() - began)
            new.close()
        kept.close()

    def told(self):
        ordered = sorted(self.seconds)
        return f"{len(ordered)} ordinary requests, p99 {ordered[len(ordered) * 99 // 100] * 1000:.1f} ms"
