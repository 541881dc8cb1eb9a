#!/usr/bin/env python3
"""One process of a service takes over from the other, and no client notices: hand_over_test.py SHORTLINK. Speaks TAP."""

import ctypes
import glob
import http.client
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time

import tap
from server_process import ServerProcess
from tap import equal

PROGRAM = os.path.abspath(sys.argv[1])
REQUESTS = 5000
HAND_OVERS = 3
PR_SET_CHILD_SUBREAPER = 36


class Service(ServerProcess):
    """The first process, and those that follow it: they write to the same pipe, and come to us when it is gone."""

    def __init__(self, folder, *flags, program=PROGRAM, environment=None):
        super().__init__(program, *flags, cwd=folder, environment={"RONDEAU_PROFILE": "dev", **(environment or {})})
        self.latest = self.process.pid

    def __exit__(self, *_):
        for child in children_of(self.latest):  # they hold the pipe that is read to its end
            os.kill(child, signal.SIGKILL)
        if self.latest != self.process.pid and exists(self.latest):
            os.kill(self.latest, signal.SIGKILL)
            os.waitpid(self.latest, 0)
        super().__exit__()

    def tell_latest(self, number):
        os.kill(self.latest, number)

    def hand_over(self):
        """Waits until the one before has ended, and says how."""
        before = self.latest
        self.tell_latest(signal.SIGUSR2)
        line = self.line_with("handed over")
        self.latest = int(re.search(r"successor=(\d+)", line)[1])
        return exit_code(self.process, before)

    def end_latest(self):
        self.tell_latest(signal.SIGTERM)
        return exit_code(self.process, self.latest)


def exists(pid):
    return os.path.exists(f"/proc/{pid}")


def children_of(pid):
    """Whichever of its threads has started them."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path, encoding="ascii") as children:
            found += [int(child) for child in children.read().split()]
    return found


def exit_code(first, pid):
    if pid == first.pid:
        return first.wait(60)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def health(address):
    connection = http.client.HTTPConnection(*address, timeout=30)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    result = answer.status, answer.read()
    connection.close()
    return result


OK = (200, b"ok\n")


class Load:
    """Clients that ask without a pause: some on a connection for each request, some on one for as long as it is kept."""

    def __init__(self, address):
        self.address = address
        self.answered = 0
        self.failures = []
        self.stop = False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(keeps,)) for keeps in (True, False) * 4]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        for thread in self.threads:
            thread.join()

    def run(self, keeps):
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        while not self.stop:
            fresh = connection.sock is None
            try:
                connection.request("GET", "/healthz", headers={} if keeps else {"Connection": "close"})
                answer = connection.getresponse()
                good = (answer.status, answer.read()) == OK
                with self.lock:
                    self.answered += 1
                    if not good:
                        self.failures.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # Who has kept a connection may find it closed, and asks again on another (RFC 9112 section 9.3.1).
                if fresh:
                    with self.lock:
                        self.failures.append(repr(error))
        connection.close()

    def wait_for(self, number):
        end = time.monotonic() + 60
        while self.answered < number:
            assert time.monotonic() < end and not self.failures, (self.answered, self.failures[:5])
            time.sleep(0.01)


def no_request_is_lost_in_three_hand_overs(folder):
    with Service(folder, "--port", "0") as service:
        with Load(service.address) as load:
            for turn in range(HAND_OVERS):
                load.wait_for((turn + 1) * REQUESTS // (HAND_OVERS + 1))
                equal(service.hand_over(), 0)
            load.wait_for(REQUESTS)
        equal(load.failures, [])
        assert load.answered >= REQUESTS
        equal(service.end_latest(), 0)


def a_successor_with_bad_settings_leaves_all_as_it_was(folder):
    config = os.path.join(folder, "settings.json")
    with open(config, "w", encoding="ascii") as file:
        file.write("{}")
    with Service(folder, "--config", config, "--port", "0") as service:
        with open(config, "w", encoding="ascii") as file:
            file.write('{"nonsense": 1}')
        service.tell_latest(signal.SIGUSR2)
        assert "exit code 78" in service.line_with("no successor, this process goes on")
        equal(health(service.address), OK)
        with open(config, "w", encoding="ascii") as file:
            file.write("{}")
        equal(service.hand_over(), 0)
        equal(health(service.address), OK)
        equal(service.end_latest(), 0)


def put(source, program):
    """As packages are installed: never a half of it, and not into a file that runs."""
    shutil.copy(source, program + ".new")
    os.chmod(program + ".new", 0o755)
    os.rename(program + ".new", program)


def what_stands_in_its_place_is_started_and_ended_where_it_hangs(folder):
    program = os.path.join(folder, "service")
    hangs = os.path.join(folder, "hangs")
    with open(hangs, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexec sleep 600\n")
    put(PROGRAM, program)
    with Service(folder, "--port", "0", "--set", "shutdown.successor=3s", program=program) as service:
        put(hangs, program)
        service.tell_latest(signal.SIGUSR2)
        assert "not ready in 3000 ms" in service.line_with("no successor, this process goes on")
        end = time.monotonic() + 30
        while children_of(service.latest):  # reaped as well
            assert time.monotonic() < end, "the successor was not ended"
            time.sleep(0.02)
        os.unlink(program)
        service.tell_latest(signal.SIGUSR2)
        service.line_with("no successor, this process goes on")
        equal(health(service.address), OK)
        put(PROGRAM, program)
        equal(service.hand_over(), 0)
        equal(health(service.address), OK)
        equal(service.end_latest(), 0)


def a_successor_that_is_gone_when_it_is_ready_gets_nothing(folder):
    program = os.path.join(folder, "service")
    ends = os.path.join(folder, "ends")
    with open(ends, "w", encoding="ascii") as file:
        file.write(
            "#!/bin/sh\n"
            "ready=$((2 + LISTEN_FDS))\n"
            "own=$$\n"
            "(\n"
            "  while [ -e /proc/$own ] && ! grep -q '^State:.Z' /proc/$own/status; do sleep 0.01; done\n"
            "  echo READY=1 >&$ready\n"
            ") &\n"
            "exit 3\n"
        )
    put(PROGRAM, program)
    with Service(folder, "--port", "0", program=program) as service:
        put(ends, program)
        service.tell_latest(signal.SIGUSR2)
        assert "it ended once it was ready: exit code 3" in service.line_with("no successor, this process goes on")
        equal(health(service.address), OK)
        put(PROGRAM, program)
        equal(service.hand_over(), 0)
        equal(service.end_latest(), 0)


def the_end_ends_a_successor_that_is_not_ready(folder):
    program = os.path.join(folder, "service")
    hangs = os.path.join(folder, "hangs")
    with open(hangs, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexec sleep 600\n")
    put(PROGRAM, program)
    with Service(folder, "--port", "0", program=program) as service:
        put(hangs, program)
        service.tell_latest(signal.SIGUSR2)
        service.line_with("handing over")
        end = time.monotonic() + 30
        while not (children := children_of(service.latest)):
            assert time.monotonic() < end
            time.sleep(0.01)
        equal(service.end_latest(), 0)
        for child in children:
            while exists(child):
                assert time.monotonic() < end, "the successor was not ended"
                try:
                    os.waitpid(child, os.WNOHANG)  # it came to us if nobody else has reaped it
                except ChildProcessError:
                    pass
                time.sleep(0.02)


def the_file_of_a_socket_goes_to_the_successor_and_the_manager_learns_its_name(folder):
    path = os.path.join(folder, "x.sock")
    told = os.path.join(folder, "manager")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(told)
        manager.settimeout(30)
        with Service(folder, "--listen", f"127.0.0.1:0,unix:{path}", environment={"NOTIFY_SOCKET": told}) as service:
            equal(manager.recv(100), b"READY=1")
            number = os.stat(path).st_ino
            for _ in range(2):
                equal(service.hand_over(), 0)
                equal(manager.recv(100), b"READY=1")
                equal(manager.recv(100), f"MAINPID={service.latest}".encode())
                equal(os.stat(path).st_ino, number)
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(30)
                    client.connect(path)
                    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                    assert client.recv(100).startswith(b"HTTP/1.1 200 ")
            equal(service.end_latest(), 0)
            equal(manager.recv(100), b"STOPPING=1")
            assert not os.path.exists(path)


TESTS = [
    no_request_is_lost_in_three_hand_overs,
    a_successor_with_bad_settings_leaves_all_as_it_was,
    what_stands_in_its_place_is_started_and_ended_where_it_hangs,
    a_successor_that_is_gone_when_it_is_ready_gets_nothing,
    the_end_ends_a_successor_that_is_not_ready,
    the_file_of_a_socket_goes_to_the_successor_and_the_manager_learns_its_name,
]


def in_a_folder(test):
    with tempfile.TemporaryDirectory(prefix="hand-over-") as folder:
        test(folder)


ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
tap.run("hand-over", TESTS, in_a_folder)
