#!/usr/bin/env python3
"""Runs every small example: examples_test.py PROGRAM… Speaks TAP.

What ends by itself prints what it should; what serves gets good requests and bad ones, and ends when it is told to.
"""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading
import time

import examples_http
import tap
from example import new_folder, program, run
from server_process import ServerProcess
from tap import equal, need, until
from tls_server import Authority

PRINTS = {
    "backpressure": """\
waited: 100 of 100 consumed, produced within 910 ms
refused: 42 of 100, 58 consumed
dropped: 8 seen, 92 missed
""",
    "blocking": """\
41538 primes below 500000
meanwhile the timer went on
""",
    "cancel": """\
lease given back: abort
cancelled: yes, taken: 0
timed out
logged out of replica
ended after 5 ms: 100 and 0
ended after 15 ms: 70 and 30
""",
    "channels": """\
tea: 8 left
two teas: sold
five teas: refused
tea: 3 left
five teas again: sold
two cakes: refused
sold: 7
""",
    "deadline": """\
  oslo has 100 ms
  rome has 100 ms
within 1000 ms: the value of rome, after 130 ms
  oslo has 100 ms
within 110 ms: no time to ask rome: timed out, after 100 ms
  oslo has 50 ms
within 50 ms: timed out, after 50 ms
""",
    "scope": """\
total: 17
package a/b: not found; 2 were begun and are closed
fastest: near
""",
    "select": """\
at work
at work
one.mov is converted
two.mov is converted
waiting for a job
at work
three.mov is converted
the end: closing time
""",
    "simulation": "no order counts twice in any of 200 worlds\n",
    "testing": """\
ok: a stranger is sent away
ok: a first bid stands
ok: the same is not more
ok: nothing is no bid
ok: after the end there is none
no test has met POST /bids: 400
no test has met POST /bids: 413
no test has met POST /bids: 415
""",
    "timer": """\
 0 s: 20.5
10 s: 21.0
20 s: 21.5
30 s: 22.0
50 s: 22.5
60 s: 23.0
""",
}


def prints(name):
    def test():
        equal(run(name), (0, PRINTS[name], ""))

    test.__name__ = f"{name}_prints_what_it_should"
    return test


def udp_asks_again_and_is_answered():
    # On a busy machine it may have to ask more than twice.
    code, text, _ = run("udp")
    attempt, answer = text.splitlines()
    equal((code, answer), (0, "desserts"))
    assert attempt in ("answered at attempt 2", "answered at attempt 3", "answered at attempt 4"), attempt


def simulation_finds_the_careless_server():
    code, text, _ = run("simulation", "--careless")
    equal((code, text.splitlines()[0]), (1, "it does not hold that no order counts twice"))
    seed = text.splitlines()[1].rsplit("=", 1)[1]
    equal(run("simulation", "--careless", environment={"RONDEAU_SEED": seed})[:2], (code, text))
    equal(run("simulation", "--carless")[0], 2)


def runtime_only_runs_a_program_for_each_line():
    lines = [f"line {number}" for number in range(40)]
    code, text, errors = run("runtime_only", "4", "echo", "got", text="\n".join(lines) + "\n\n")
    equal((code, errors), (0, ""))
    equal(sorted(text.splitlines()), sorted(f"got {line}" for line in lines))


def runtime_only_runs_so_many_at_once():
    begun = time.monotonic()
    code, text, _ = run("runtime_only", "8", "sh", "-c", "sleep 0.5; echo $0", text="1\n2\n3\n4\n5\n6\n7\n8\n")
    equal((code, len(text.splitlines())), (0, 8))
    assert time.monotonic() - begun < 3, "one after the other"


def runtime_only_tells_what_failed():
    code, text, errors = run("runtime_only", "2", "sh", "-c", 'test "$0" != bad && echo "$0"', text="good\nbad\n")
    equal((code, text, errors), (1, "good\n", "bad: exit code 1\n"))
    code, _, errors = run("runtime_only", "2", "/nowhere/program", text="a\n")
    equal((code, errors), (1, "a: spawn /nowhere/program: not found\n"))
    for arguments in ([], ["2"], ["0", "echo"], ["two", "echo"], ["2x", "echo"]):
        equal(run("runtime_only", *arguments)[0], 2)


def runtime_only_leaves_no_program_behind():
    with new_folder() as folder:
        # The program tells its process id, in one step, and would sleep on.
        script = f"echo $$ >{folder}/new; mv {folder}/new {folder}/pid; exec sleep 600"
        with subprocess.Popen([program("runtime_only"), "1", "sh", "-c", script], stdin=subprocess.PIPE) as process:
            try:
                process.stdin.write(b"a\n")
                process.stdin.close()
                until(lambda: os.path.exists(f"{folder}/pid"))
                with open(f"{folder}/pid", encoding="ascii") as file:
                    child = int(file.read())
                process.send_signal(signal.SIGINT)
                equal(process.wait(timeout=30), 130)
                until(lambda: not is_running(child))
            finally:
                process.kill()


def is_running(pid):
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"  # reaped by whoever adopted it
    return False


def tls_believes_only_the_right_server():
    need("openssl")
    with new_folder() as folder:
        authority = Authority(folder)
        certificate, key = authority.issue("service")
        code, text, _ = run("tls", certificate, key, authority.pem)
        lines = text.splitlines()
        equal((code, lines[:2]), (0, ["TLSv1.3", "hello Ada"]))
        assert lines[2].startswith("another name: TLS handshake with bank.example: "), lines
        assert lines[3].startswith("no authority: TLS handshake with localhost: "), lines
        equal(len(lines), 4)
        code, text, errors = run("tls", "nowhere.pem", key, authority.pem)
        equal((code, text), (1, ""))
        assert "nowhere.pem: not found" in errors, errors
        equal(run("tls", certificate)[0], 2)


def echo():
    return ServerProcess(program("echo_tcp"), "0")


def read_all(connection):
    received = b""
    while piece := connection.recv(1 << 16):
        received += piece
    return received


def echo_tcp_sends_back_what_it_gets():
    with echo() as server:
        with server.connect() as connection:
            connection.sendall(b"is anybody there?")
            equal(connection.recv(100), b"is anybody there?")
            connection.shutdown(socket.SHUT_WR)
            equal(connection.recv(100), b"")
        with server.connect() as connection:
            much = bytes(range(256)) * 16384

            def send():
                connection.sendall(much)
                connection.shutdown(socket.SHUT_WR)

            sender = threading.Thread(target=send)
            sender.start()
            received = read_all(connection)
            sender.join(30)
            equal(received == much, True)
        equal(server.end(), 0)


def echo_tcp_outlives_clients_that_break_off():
    with echo() as server:
        for _ in range(50):
            connection = server.connect()
            connection.sendall(b"x" * 100)
            # A reset instead of an end, with an answer under way.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        with server.connect() as connection:
            connection.sendall(b"still there")
            equal(connection.recv(100), b"still there")
        until(lambda: server.descriptors() < 30)
        equal(server.end(), 0)


def echo_tcp_ends_in_order():
    with echo() as server, server.connect() as silent:
        silent.sendall(b"hello")
        equal(silent.recv(100), b"hello")
        begun = time.monotonic()
        equal(server.end(signal.SIGTERM), 0)
        assert time.monotonic() - begun < 4, "it has waited for a client that says nothing"
        equal(silent.recv(100), b"")
    for arguments in ([], ["x"], ["65536"], ["-1"], ["80", "90"]):
        equal(run("echo_tcp", *arguments)[0], 2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, errors = run("echo_tcp", str(taken.getsockname()[1]))
        equal(code, 1)
        assert "in use" in errors, errors


TESTS = [
    *[prints(name) for name in PRINTS],
    udp_asks_again_and_is_answered,
    simulation_finds_the_careless_server,
    runtime_only_runs_a_program_for_each_line,
    runtime_only_runs_so_many_at_once,
    runtime_only_tells_what_failed,
    runtime_only_leaves_no_program_behind,
    tls_believes_only_the_right_server,
    echo_tcp_sends_back_what_it_gets,
    echo_tcp_outlives_clients_that_break_off,
    echo_tcp_ends_in_order,
    *examples_http.TESTS,
]

tap.run("examples", TESTS)
