#!/usr/bin/env python3
"""`rondeau dev` builds and starts a service anew, and no request notices: dev_test.py RONDEAU WATCHED_SERVICE. Speaks TAP.

To compile is to copy here: the build folder is one of ninja's, whose compiler takes the program that was built already,
and fails where the source says so.
"""

import http.client
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import tap
from server_process import ServerProcess
from tap import equal, need

RONDEAU = os.path.abspath(sys.argv[1])
WATCHED = os.path.abspath(sys.argv[2])
COMPILER = """
import os, shutil, sys
source, program, made = sys.argv[1:]
text = open(source).read()
if "broken" in text:
    sys.exit("In file included from src/app.h:1:\\n" + source + ":3:5: error: use of undeclared identifier 'broken'\\n    3 | broken;")
shutil.copy(program, made + ".new")
os.replace(made + ".new", made)
"""
NINJA = """
rule compile
  command = {python} build/compile.py $in {program} $out
  description = Compiling $in
build watched: compile src/app.cpp
"""


class Project:
    """Written by `rondeau new`, with a build folder that needs no compiler."""

    def __init__(self, folder):
        subprocess.run([RONDEAU, "new", "watched", "--template", "minimal"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        self.path = pathlib.Path(folder, "watched")
        for file in (self.path / "config").iterdir():
            file.write_text("{}\n")
        build = self.path / "build"
        build.mkdir()
        (build / "compile.py").write_text(COMPILER)
        rules = NINJA.format(python=sys.executable, program=WATCHED)
        # Ninja runs in its folder.
        (build / "build.ninja").write_text(rules.replace("build/compile.py", "compile.py").replace("src/app.cpp", "../src/app.cpp"))
        self.write("int first;\n")

    def write(self, text, name="src/app.cpp"):
        (self.path / name).write_text(text)


class Dev(ServerProcess):
    def __init__(self, project, *flags):
        super().__init__(RONDEAU, "dev", "--", "--port", "0", "--set", "log.format=text", *flags, cwd=project.path,
                         environment={"NO_COLOR": "1"})

    def services(self):
        """Process ids of the services that live."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if entry.isdigit() and fields[1] == str(self.process.pid) and fields[0] != "Z":
                if os.path.basename(os.readlink(f"/proc/{entry}/exe")).startswith("watched"):
                    found.append(int(entry))
        return found

    def one_service(self):
        """The process id of the only one, once what it took the place of has ended."""
        tap.until(lambda: len(self.services()) == 1, what="there is not one service")
        return self.services()[0]

    def get(self, path="/quick"):
        # Its log goes another way than what is said about it.
        tap.until(lambda: self.port is not None, what="it does not tell where it listens")
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()


def no_request_notices_five_builds_of_which_one_is_broken(folder):
    need("ninja")
    project = Project(folder)
    with Dev(project) as dev:
        dev.line_with("the service is ready")
        first = dev.services()
        equal(len(first), 1)
        failures, answered, over = [], [], threading.Event()

        def ask(number):
            # 10 clients, each 20 times a second, with a connection for each request.
            begin = time.monotonic() + number * 0.005
            for turn in range(100_000):
                if over.wait(max(0, begin + turn * 0.05 - time.monotonic())):
                    return
                try:
                    equal(dev.get(), 200)
                    answered.append(1)
                except (AssertionError, OSError, http.client.HTTPException) as error:
                    failures.append(repr(error))

        clients = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
        begun = time.monotonic()
        for client in clients:
            client.start()
        try:
            for turn in range(5):
                before = dev.services()
                if turn == 2:
                    project.write("broken;\n")
                    dev.line_with("error: use of undeclared identifier 'broken'")
                    dev.line_with("the build failed; the service goes on as it was")
                    equal(dev.services(), before)
                else:
                    project.write(f"int turn{turn};\n")
                    dev.line_with("built in")
                    dev.line_with("the service is ready")
                    tap.until(lambda: len(dev.services()) == 1 and dev.services() != before, what="the old one goes on")
                time.sleep(0.3)
        finally:
            over.set()
            for client in clients:
                client.join()
        took = time.monotonic() - begun
        equal(failures, [])
        assert len(answered) > 50 * took, f"only {len(answered)} requests in {took:.1f} s"
        assert dev.services() != first
        last = dev.services()
        equal(dev.end(signal.SIGINT), 0)
        assert not any(os.path.exists(f"/proc/{pid}") for pid in last), "a service lives on"


def what_is_broken_at_first_is_started_when_it_is_mended(folder):
    need("ninja")
    project = Project(folder)
    project.write("broken;\n")
    dev = Dev(project)
    try:
        dev.line_with("the build failed; the next change tries again")
        equal(dev.services(), [])
        project.write("int mended;\n")
        dev.line_with("the service is ready")
        equal(dev.get(), 200)
        equal(dev.end(signal.SIGTERM), 0)
    finally:
        dev.__exit__()


def one_that_ends_by_itself_is_told_and_started_by_the_next_change(folder):
    need("ninja")
    project = Project(folder)
    with Dev(project) as dev:
        dev.line_with("the service is ready")
        os.kill(dev.services()[0], signal.SIGKILL)
        assert "signal 9" in dev.line_with("the service has ended by itself")
        # What editors write beside their files is no change; a setting is one, and so is a folder that was not there.
        project.write("", "src/.app.cpp.swp")
        project.write("", "src/app.cpp~")
        time.sleep(0.5)
        equal(dev.services(), [])
        project.write('{"server": {"health": true}}\n', "config/default.json")
        dev.line_with("the service is ready")
        equal(dev.get(), 200)
        (project.path / "include/deep").mkdir(parents=True)
        dev.line_with("the service is ready")
        project.write("", "include/deep/x.h")
        dev.line_with("the service is ready")
        # Settings that are wrong leave the old one alone.
        before = dev.one_service()
        project.write('{"servr": 1}\n', "config/default.json")
        assert "servr" in dev.line_with("servr")
        dev.line_with("the service goes on as it was")
        equal(dev.one_service(), before)
        equal(dev.get(), 200)
        equal(dev.end(signal.SIGINT), 0)


def who_looks_at_it_looks_at_the_same_address_all_the_time(folder):
    need("ninja")
    project = Project(folder)
    with Dev(project) as dev:
        admin = re.search(r" at=(\S+)", dev.line_with("service: admin"))[1]
        before = dev.one_service()
        project.write("int other;\n")
        equal(re.search(r" at=(\S+)", dev.line_with("service: admin"))[1], admin)
        tap.until(lambda: dev.one_service() != before, what="the old one goes on")
        done = subprocess.run([RONDEAU, "top", admin], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
        assert "wait_for_godot" in done.stdout, done.stdout + done.stderr
        equal(dev.end(signal.SIGINT), 0)


def a_second_signal_ends_it_at_once(folder):
    need("ninja")
    with Dev(Project(folder), "--set", "shutdown.drain_delay=30s") as dev:
        dev.line_with("the service is ready")
        service = dev.one_service()
        dev.send_signal(signal.SIGINT)
        dev.line_with("service: draining")
        begun = time.monotonic()
        equal(dev.end(signal.SIGINT), 0)
        tap.until(lambda: not os.path.exists(f"/proc/{service}"), what="the service lives on")
        assert time.monotonic() - begun < 15, "it has waited for the drain"


def sockets_that_are_files_are_refused(folder):
    need("ninja")
    dev = Dev(Project(folder), "--listen", "unix:x.sock")
    try:
        dev.line_with("needs ports in server.listen, not unix:x.sock")
        equal(dev.end(signal.SIGINT), 0)
    finally:
        dev.__exit__()
    done = subprocess.run([RONDEAU, "dev"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False)
    equal((done.returncode, done.stderr.count("\n")), (2, 1))
    assert "there is no .rondeau.json" in done.stderr, done.stderr


TESTS = [
    no_request_notices_five_builds_of_which_one_is_broken,
    what_is_broken_at_first_is_started_when_it_is_mended,
    one_that_ends_by_itself_is_told_and_started_by_the_next_change,
    who_looks_at_it_looks_at_the_same_address_all_the_time,
    a_second_signal_ends_it_at_once,
    sockets_that_are_files_are_refused,
]


def in_a_folder(test):
    with tempfile.TemporaryDirectory(prefix="dev-") as folder:
        test(folder)


tap.run("dev", TESTS, in_a_folder)
