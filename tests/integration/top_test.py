#!/usr/bin/env python3
"""`rondeau top` beside a service that has a task which is stuck: top_test.py RONDEAU WATCHED_SERVICE. Speaks TAP."""

import fcntl
import http.client
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

import tap
from server_process import ServerProcess
from tap import equal

RONDEAU = os.path.abspath(sys.argv[1])
WATCHED = os.path.abspath(sys.argv[2])
STUCK = "in wait_for_godot at watched_service.cpp:%d"
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "watched_service.cpp"), encoding="ascii") as SOURCE:
    LINES = SOURCE.read().splitlines()
WAITS_AT = STUCK % (1 + next(i for i, line in enumerate(LINES) if "godot.notified()" in line))
SPAWNED_AT = "watched_service.cpp:%d" % (1 + next(i for i, line in enumerate(LINES) if "spawn(wait_for_godot())" in line))


class Service(ServerProcess):
    def __init__(self, folder, *flags, admin="127.0.0.1:0", environment=None):
        super().__init__(WATCHED, "--port", "0", "--admin", admin, "--workers", "2", "--set", "log.format=text",
                         "--set", "shutdown.drain_delay=0s", *flags, cwd=folder,
                         environment={"RONDEAU_PROFILE": "prod", **(environment or {})})
        self.admin = None

    def __enter__(self):
        super().__enter__()
        self.admin = re.search(r" at=(\S+)", self.line_with("service: admin"))[1]
        return self

    def get(self, path):
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def top(*words, code=0, environment=None):
    done = subprocess.run([RONDEAU, "top", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, **(environment or {})})
    assert done.returncode == code, f"it ended with {done.returncode}, not {code}: {done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def row_with(text, table):
    found = [line for line in table.splitlines() if text in line]
    assert found, f"no row with {text!r}:\n{table}"
    return found[0]


class Terminal:
    """`rondeau top` in a terminal of its own, and what it has written there."""

    def __init__(self, *words, columns=160, rows=60):
        self.parent, self.child = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.child)
        self.process = subprocess.Popen([RONDEAU, "top", *words], stdin=self.child, stdout=self.child, stderr=self.child,
                                        start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.said = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.parent)
        os.close(self.child)

    def resize(self, columns, rows):
        # The kernel sends SIGWINCH to who has the terminal in front.
        fcntl.ioctl(self.parent, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.parent, keys.encode())

    def read(self, seconds):
        if select.select([self.parent], [], [], seconds)[0]:
            self.said += os.read(self.parent, 65536).decode(errors="replace")

    def frames(self):
        """Whole pictures, as lines."""
        pieces = self.said.split("\x1b[H")[1:]
        return [[line.replace("\x1b[K", "") for line in piece.split("\x1b[J")[0].replace("\r", "").split("\n")]
                for piece in pieces if "\x1b[J" in piece]

    def until(self, holds, what, seconds=30):
        """Waits for a picture like that, from here on."""
        seen = len(self.frames())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.1)
            for frame in self.frames()[seen:]:
                if holds(frame):
                    return frame
        raise AssertionError(f"no picture where {what}; the last is\n" + "\n".join((self.frames() or [["none"]])[-1]))

    def ended(self, seconds=30):
        """Its exit code; the terminal is as it was."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        code = self.process.wait(timeout=1)
        self.read(0.1)
        equal(termios.tcgetattr(self.child), self.before)
        entered, left = self.said.rfind("\x1b[?1049h"), self.said.rfind("\x1b[?1049l")
        assert 0 <= entered < left, "the screen of before is not there again"
        assert self.said.rfind("\x1b[?25h") > self.said.rfind("\x1b[?25l"), "there is no cursor"
        return code


def has(text):
    return lambda frame: any(text in line for line in frame)


def a_task_that_is_stuck_is_shown_with_the_place_where_it_waits(folder):
    with Service(folder) as service:
        said = top(service.admin, "--once")
        row = row_with('"stuck"', said)
        assert WAITS_AT in row and SPAWNED_AT in row and "Notify" in row, row
        # It waits for no timer, so that it comes before those that go on by themselves.
        assert said.index('"stuck"') < said.index("(due in") if "(due in" in said else True, said
        dump = http.client.HTTPConnection(service.admin, timeout=30)
        dump.request("GET", "/admin/tasks")
        text = dump.getresponse().read().decode()
        dump.close()
        assert WAITS_AT in text, text
        equal(service.end(), 0)


def as_json_it_is_one_object(folder):
    with Service(folder) as service:
        for _ in range(20):
            equal(service.get("/quick")[0], 200)
        said = json.loads(top("http://" + service.admin + "/", "--once", "--json"))
        equal(said["service"], "watched")
        stuck = next(row for row in said["waiting"] if row.get("name") == "stuck")
        equal(stuck["place"], WAITS_AT)
        equal((stuck["site"], stuck["tasks"]), (SPAWNED_AT, 1))
        equal(stuck["frames"][0]["function"], "wait_for_godot")
        assert 0.9 < stuck["wait_seconds"] <= stuck["age_seconds"], stuck
        equal(len(said["workers"]), 2)
        assert all(0 <= worker["busy"] <= 1 for worker in said["workers"]), said["workers"]
        route = next(row for row in said["routes"] if row["route"] == "/quick")
        equal((route["method"], route["requests"]), ("GET", 20))
        assert 0 < route["p50_seconds"] <= route["p99_seconds"] < 5, route
        assert {pool["name"] for pool in said["pools"]} == {"blocking", "fs", "resolver"}, said["pools"]
        site = next(row for row in said["spawn_sites"] if row["site"] == SPAWNED_AT)
        assert site["longest_wait_seconds"] > 0.9, site
        equal(service.end(), 0)


def requests_are_counted_while_it_looks(folder):
    with Service(folder) as service:
        done = threading.Event()

        def ask():
            while not done.wait(0.02):
                service.get("/quick")

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            said = json.loads(top(service.admin, "--json"))
        finally:
            done.set()
            asking.join()
        route = next(row for row in said["routes"] if row["route"] == "/quick")
        assert route["requests_per_second"] > 1, route
        equal(route["errors_per_second"], 0)
        row = row_with("/quick", top(service.admin))  # not a terminal: the same as --once
        assert re.search(r"GET +/quick +0\.0/s", row), row
        equal(service.end(), 0)


def what_cannot_be_asked_is_told_in_a_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = "127.0.0.1:%d" % taken.getsockname()[1]
    said = top(nobody, "--once", code=1)
    equal(len(said.splitlines()), 1)
    assert said.startswith(f"rondeau: nobody answers at http://{nobody}: ") and "refused" in said, said
    assert "there is no admin listener at" in top("http://127.0.0.1:1/?x=1", code=2)
    assert "there is no admin listener at" in top("ftp://127.0.0.1", code=2)
    assert 'what is "b" here' in top("a", "b", code=2)
    with Service(folder, "--set", "admin.token=s3cret") as service:
        said = top(service.admin, code=1)
        assert "wants its admin.token" in said and "RONDEAU_ADMIN_TOKEN" in said, said
        assert "wants its admin.token" in top(service.admin, "--token", "other", code=1)
        assert '"stuck"' in top(service.admin, "--token", "s3cret")
        assert '"stuck"' in top(service.admin, environment={"RONDEAU_ADMIN_TOKEN": "s3cret"})
        # The public listener has no such pages.
        assert "is that the admin listener" in top("%s:%d" % service.address, code=1)
        equal(service.end(), 0)
    with Service(folder, "--set", "admin.scope=read") as service:
        assert "admin.scope has to be full" in top(service.admin, code=1)
        equal(service.end(), 0)


def over_a_socket_of_the_unix_kind_it_looks_as_well(folder):
    path = os.path.join(folder, "admin.sock")
    with Service(folder, admin=f"unix:{path}") as service:
        assert WAITS_AT in top(f"unix:{path}")
        equal(service.end(), 0)


def in_a_terminal_the_table_lives_until_it_is_quit(folder):
    with Service(folder) as service, Terminal(service.admin) as terminal:
        frame = terminal.until(has(WAITS_AT), "the stuck task is")
        assert "sites by [b]usy" in frame[-1], frame
        waited = [re.search(r"([\d.]+) s ", line) for line in frame if '"stuck"' in line]
        later = terminal.until(lambda frame: any(re.search(r"^ +[2-9]\.\d\d s .*stuck", line) for line in frame),
                               "it has waited for some seconds")
        assert waited and later
        terminal.type("w")
        terminal.until(lambda frame: "sites by longest [w]ait" in frame[-1], "sites go by their waits")
        terminal.type("p")
        terminal.until(lambda frame: "sites by longest [p]oll" in frame[-1], "sites go by their polls")
        terminal.type("x")  # means nothing
        terminal.type("b")
        terminal.until(lambda frame: "sites by [b]usy" in frame[-1], "sites go by their work")
        terminal.type("q")
        equal(terminal.ended(), 0)
        equal(service.end(), 0)


def it_fits_into_the_window_also_when_that_changes(folder):
    with Service(folder) as service, Terminal(service.admin, columns=70, rows=14) as terminal:
        def fits(columns, rows):
            return lambda frame: len(frame) <= rows and all(len(line) <= columns for line in frame)

        for frame in (terminal.until(has("WAITING"), "there is one"), terminal.until(has("WAITING"), "there is another")):
            assert fits(70, 14)(frame), frame
        terminal.resize(200, 80)
        frame = terminal.until(lambda frame: len(frame) > 14, "there is more of it", seconds=5)
        assert fits(200, 80)(frame) and has(WAITS_AT)(frame), frame
        terminal.resize(5, 2)
        terminal.until(fits(5, 2), "there is less of it", seconds=5)
        terminal.type("q")
        equal(terminal.ended(), 0)
        equal(service.end(), 0)


def every_end_gives_the_terminal_back(folder):
    with Service(folder) as service:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with Terminal(service.admin) as terminal:
                terminal.until(has("WAITING"), "there is one")
                terminal.process.send_signal(number)
                equal(terminal.ended(), 0)
        with Terminal(service.admin) as terminal:
            terminal.until(has("WAITING"), "there is one")
            terminal.type("\x03")  # Ctrl-C
            equal(terminal.ended(), 0)
        # What never was in the terminal leaves it alone.
        with Terminal("127.0.0.1:1") as terminal:
            equal(terminal.process.wait(timeout=30), 1)
            terminal.read(1)
            assert "nobody answers" in terminal.said and "\x1b" not in terminal.said, terminal.said
            equal(termios.tcgetattr(terminal.child), terminal.before)
        equal(service.end(), 0)


def stopped_and_continued_it_goes_on(folder):
    with Service(folder) as service, Terminal(service.admin) as terminal:
        terminal.until(has("WAITING"), "there is one")
        terminal.process.send_signal(signal.SIGTSTP)
        tap.until(lambda: terminal.read(0.05) or "\x1b[?1049l" in terminal.said, what="the screen of before")
        with open(f"/proc/{terminal.process.pid}/stat", encoding="ascii") as stat:
            tap.until(lambda: stat.seek(0) == 0 and stat.read().rsplit(")", 1)[1].split()[0] == "T", what="it does not stop")
        equal(termios.tcgetattr(terminal.child), terminal.before)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(has("WAITING"), "it is there again")
        assert terminal.said.rfind("\x1b[?1049h") > terminal.said.rfind("\x1b[?1049l")
        terminal.type("q")
        equal(terminal.ended(), 0)
        equal(service.end(), 0)


def a_restart_of_the_service_is_survived(folder):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = "127.0.0.1:%d" % probe.getsockname()[1]
    with Service(folder, admin=address) as service, Terminal(address) as terminal:
        terminal.until(has(WAITS_AT), "the stuck task is")
        equal(service.end(), 0)
        frame = terminal.until(has("NO ANSWER: nobody answers"), "it says that nobody answers")
        assert has(WAITS_AT)(frame), "what was seen last stays"
        with Service(folder, admin=address) as again:
            frame = terminal.until(has("restarted once"), "it says that there is another")
            assert not has("NO ANSWER")(frame) and has(WAITS_AT)(frame), frame
            equal(again.end(), 0)
        terminal.type("q")
        equal(terminal.ended(), 0)


def a_poll_that_lasts_is_shown_while_it_does(folder):
    with Service(folder) as service, Terminal(service.admin) as terminal:
        terminal.until(has("WAITING"), "there is one")
        blocking = threading.Thread(target=service.get, args=("/block",))
        blocking.start()
        try:
            # No place stands behind it where the thread cannot be asked: under the thread sanitizer.
            terminal.until(lambda frame: any(re.search(r"^ +[1-4]\.\d\d s .* now\b", line) for line in frame), "it is polled")
            terminal.until(lambda frame: any(re.search(r"^ +[1-4]\.\d\d s .* over\b", line) for line in frame), "it was polled")
        finally:
            blocking.join()
        terminal.type("q")
        equal(terminal.ended(), 0)
        equal(service.end(), 0)


TESTS = [
    a_task_that_is_stuck_is_shown_with_the_place_where_it_waits,
    as_json_it_is_one_object,
    requests_are_counted_while_it_looks,
    what_cannot_be_asked_is_told_in_a_sentence,
    over_a_socket_of_the_unix_kind_it_looks_as_well,
    in_a_terminal_the_table_lives_until_it_is_quit,
    it_fits_into_the_window_also_when_that_changes,
    every_end_gives_the_terminal_back,
    stopped_and_continued_it_goes_on,
    a_restart_of_the_service_is_survived,
    a_poll_that_lasts_is_shown_while_it_does,
]


def in_a_folder(test):
    with tempfile.TemporaryDirectory(prefix="top-") as folder:
        test(folder)


tap.run("top", TESTS, in_a_folder)
