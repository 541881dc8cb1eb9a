"""A program that listens, and what can be seen of it from outside; for the tests beside it."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

LISTENS = re.compile(r'listening(?: on |.*address(?:=|":"))127\.0\.0\.1:(\d+)')


def free_port():
    """Free now; another program may take it before the one that it is for."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServerProcess:
    """One run of a program that says where it listens; ended by its process id, whatever happens."""

    def __init__(self, *command, environment=None, **options):
        self.lines = []
        self.port = None
        self.ended = False
        self.seen = 0
        self.changed = threading.Condition()
        self.process = subprocess.Popen([os.path.abspath(command[0]), *command[1:]], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                        env={**os.environ, **(environment or {})}, **options)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        """A pipe that nobody reads would stop the program."""
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                if self.port is None and (found := LISTENS.search(line)):
                    self.port = int(found[1])
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def __enter__(self):
        with self.changed:
            self.changed.wait_for(lambda: self.port or self.ended, timeout=60)
        if self.port is None:
            self.__exit__()
            raise AssertionError(f"it does not listen: {self.lines}")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(10)
        self.process.stdout.close()

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def connect(self, timeout=30):
        connection = socket.create_connection(self.address, timeout=timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def line_with(self, text, seconds=30):
        """The next line with it; on a busy machine the runtime says this and that."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                for line in self.lines[self.seen:]:
                    self.seen += 1
                    if text in line:
                        return line
                assert not self.ended and time.monotonic() < end, f"no line with {text!r}: {self.lines}"
                self.changed.wait(timeout=1)

    def send_signal(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, seconds=60):
        """Its exit code."""
        self.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds=60):
        code = self.process.wait(timeout=seconds)
        self.reader.join(10)
        return code

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
