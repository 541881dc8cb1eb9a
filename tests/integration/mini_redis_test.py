#!/usr/bin/env python3
"""Drives the example mini_redis from outside: mini_redis_test.py PROGRAM. Speaks TAP."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import tap
from server_process import ServerProcess
from tap import need

PROGRAM = sys.argv[1]


class Server(ServerProcess):
    def __init__(self, *flags):
        super().__init__(PROGRAM, "--port", "0", *flags)
        self.clients = []

    def __exit__(self, *_):
        for client in self.clients:
            client.close()
        super().__exit__()

    def client(self):
        client = Client(self.port)
        self.clients.append(client)
        return client

    def end(self, number=signal.SIGTERM, seconds=60):
        """Its exit code, after its clients have gone."""
        for client in self.clients:
            client.close()
        return super().end(number, seconds)


class Error(str):
    """A reply that begins with a minus."""


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, raw):
        self.socket.sendall(raw)

    def read(self):
        """The next reply; None for nil."""
        line = self.file.readline()
        assert line.endswith(b"\r\n"), f"the connection ended with {line!r}"
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return Error(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            text = self.file.read(int(rest) + 2)
            assert text.endswith(b"\r\n"), text[-8:]
            return text[:-2].decode("latin1")
        assert kind == b"*", line
        return [self.read() for _ in range(int(rest))]

    def ask(self, *words):
        self.send(command(*words))
        return self.read()

    def at_its_end(self):
        with contextlib.suppress(ConnectionResetError):
            return self.file.read(1) == b""
        return True


def command(*words):
    raw = b"*%d\r\n" % len(words)
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        raw += b"$%d\r\n%s\r\n" % (len(word), word)
    return raw


def equal(what, expected):
    assert what == expected and isinstance(what, Error) == isinstance(expected, Error), f"{what!r} is not {expected!r}"


def until(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


WRONG_TYPE = Error("WRONGTYPE Operation against a key holding the wrong kind of value")
NO_NUMBER = Error("ERR value is not an integer or out of range")

# One after the other, in one keyspace.
DIALOGUE = [
    (["PING"], "PONG"),
    (["ping", "are you there"], "are you there"),
    (["ECHO", b"\x00\r\n\xff"], "\x00\r\n\xff"),
    (["ECHO"], Error("ERR wrong number of arguments for 'ECHO' command")),
    (["NOSUCH\r\n+OK", "x"], Error("ERR unknown command 'NOSUCH  +OK'")),
    (["GET", "s"], None),
    (["SET", "s", "one"], "OK"),
    (["get", "s"], "one"),
    (["STRLEN", "s"], 3),
    (["SET", "s", "two", "NX"], None),
    (["SET", "t", "two", "XX"], None),
    (["SET", "s", "two", "XX"], "OK"),
    (["SET", "s", "x", "NX", "XX"], Error("ERR syntax error")),
    (["SET", "s", "x", "EX"], Error("ERR syntax error")),
    (["SET", "s", "x", "EX", "soon"], NO_NUMBER),
    (["SET", "s", "x", "EX", "0"], Error("ERR invalid expire time in 'set' command")),
    (["SET", "s", "x", "EX", "9223372036854775807"], NO_NUMBER),
    (["GET", "s"], "two"),
    (["SET", "s"], Error("ERR wrong number of arguments for 'SET' command")),
    (["TYPE", "s"], "string"),
    (["TYPE", "none"], "none"),
    (["EXISTS", "s", "s", "t"], 2),
    (["MSET", "a", "1", "b", "2"], "OK"),
    (["MSET", "a", "1", "b"], Error("ERR wrong number of arguments for 'MSET' command")),
    (["MGET", "a", "none", "b"], ["1", None, "2"]),
    (["DEL", "a", "b", "none"], 2),
    (["INCR", "n"], 1),
    (["INCRBY", "n", "10"], 11),
    (["DECR", "n"], 10),
    (["DECRBY", "n", "-5"], 15),
    (["DECRBY", "n", "-9223372036854775808"], NO_NUMBER),
    (["INCRBY", "n", "9223372036854775807"], Error("ERR increment or decrement would overflow")),
    (["GET", "n"], "15"),
    (["INCR", "s"], NO_NUMBER),
    (["LPUSH", "l", "b", "a"], 2),
    (["RPUSH", "l", "c", "d"], 4),
    (["LRANGE", "l", "0", "-1"], ["a", "b", "c", "d"]),
    (["LRANGE", "l", "-2", "100"], ["c", "d"]),
    (["LRANGE", "l", "-100", "0"], ["a"]),
    (["LRANGE", "l", "3", "1"], []),
    (["LRANGE", "l", "zero", "1"], NO_NUMBER),
    (["LRANGE", "none", "0", "-1"], []),
    (["LLEN", "l"], 4),
    (["LPOP", "l"], "a"),
    (["RPOP", "l"], "d"),
    (["LPOP", "l", "5"], ["b", "c"]),
    (["LPOP", "l"], None),
    (["EXISTS", "l"], 0),
    (["SADD", "set", "x", "x", "y"], 2),
    (["SCARD", "set"], 2),
    (["TYPE", "set"], "set"),
    (["SADD", "one", "x"], 1),
    (["SMEMBERS", "one"], ["x"]),
    (["SPOP", "one"], "x"),
    (["SPOP", "one"], None),
    (["HSET", "h", "f", "1", "g", "2"], 2),
    (["HSET", "h", "f", "3", "i", "4"], 1),
    (["HSET", "h", "f"], Error("ERR wrong number of arguments for 'HSET' command")),
    (["HSET", "h", "f", "1", "g"], Error("ERR wrong number of arguments for 'HSET' command")),
    (["HGET", "h", "f"], "3"),
    (["HGET", "h", "none"], None),
    (["HGETALL", "none"], []),
    (["LPUSH", "s", "x"], WRONG_TYPE),
    (["GET", "h"], WRONG_TYPE),
    (["SADD", "h", "x"], WRONG_TYPE),
    (["MGET", "h"], [None]),
    (["DBSIZE"], 4),
    (["SELECT", "0"], "OK"),
    (["SELECT", "1"], Error("ERR DB index is out of range")),
    (["CLIENT", "SETNAME", "me"], "OK"),
    (["COMMAND", "DOCS"], []),
    (["CONFIG", "GET", "save"], ["save", ""]),
    (["PUBLISH", "nobody", "x"], 0),
    (["UNSUBSCRIBE"], ["unsubscribe", None, 0]),
    (["FLUSHALL"], "OK"),
    (["DBSIZE"], 0),
]


def every_command_answers():
    with Server() as server:
        client = server.client()
        for words, reply in DIALOGUE:
            answer = client.ask(*words)
            assert answer == reply and isinstance(answer, Error) == isinstance(reply, Error), (words, answer, reply)
        assert "connected_clients:1" in client.ask("INFO")
        equal(client.ask("QUIT"), "OK")
        assert client.at_its_end()
        equal(server.end(), 0)


def keys_end_when_their_time_has_come():
    with Server() as server:
        client = server.client()
        equal(client.ask("TTL", "k"), -2)
        client.ask("SET", "k", "v")
        equal(client.ask("TTL", "k"), -1)
        equal(client.ask("PERSIST", "k"), 0)
        equal(client.ask("EXPIRE", "k", "100"), 1)
        equal(client.ask("TTL", "k"), 100)
        equal(client.ask("SET", "k", "w", "KEEPTTL"), "OK")
        assert 90_000 < client.ask("PTTL", "k") <= 100_000
        equal(client.ask("PERSIST", "k"), 1)
        equal(client.ask("TTL", "k"), -1)
        equal(client.ask("EXPIRE", "k", "100"), 1)
        client.ask("SET", "k", "v")
        equal(client.ask("TTL", "k"), -1)
        equal(client.ask("EXPIRE", "none", "100"), 0)
        equal(client.ask("EXPIRE", "k", "-1"), 1)
        equal(client.ask("GET", "k"), None)

        # Whoever asks does not see it any more; and it is gone where nobody asks for it, though the sweeper slept
        # towards a later end when it came.
        client.ask("SET", "late", "v", "EX", "1000")
        client.ask("SET", "seen", "v", "PX", "40")
        client.ask("SET", "unseen", "v", "PX", "40")
        began = time.monotonic()
        until(lambda: client.ask("GET", "seen") is None)
        assert time.monotonic() - began > 0.03
        until(lambda: client.ask("DBSIZE") == 1)
        equal(client.ask("GET", "late"), "v")
        equal(server.end(), 0)


def a_pipeline_is_answered_in_order_and_in_few_writes():
    with Server() as server:
        client = server.client()
        many = 500
        client.send(b"".join(command("INCR", "n") for _ in range(many)) + b"PING\r\n")
        equal([client.read() for _ in range(many)], list(range(1, many + 1)))
        equal(client.read(), "PONG")

        # What came in one read is answered in one write: the first bytes that arrive are all of the answer.
        client.send(command("PING") * 20)
        equal(client.socket.recv(65536), b"+PONG\r\n" * 20)
        equal(server.end(), 0)


def commands_may_come_in_pieces():
    with Server() as server:
        client = server.client()
        other = server.client()
        for byte in command("SET", "k", "v\r\nw") + b'get "k"\r\n':
            client.send(bytes([byte]))
        equal(client.read(), "OK")
        equal(client.read(), "v\r\nw")
        # Nobody waits for the one who has sent a half.
        client.send(command("PING")[:-3])
        equal(other.ask("PING"), "PONG")
        client.send(command("PING")[-3:])
        equal(client.read(), "PONG")
        large = "x" * (3 * 1024 * 1024)
        equal(client.ask("SET", "large", large), "OK")
        equal(client.ask("GET", "large"), large)
        equal(server.end(), 0)


def inline_commands_are_words_with_quotes():
    with Server() as server:
        client = server.client()
        client.send(b"\r\n\n*0\r\n*-1\r\nset key \"a b\\n\\x41\\\"\"  \r\nget 'key'\n  echo 'it\\'s'\r\necho ''\r\n")
        equal([client.read() for _ in range(4)], ["OK", 'a b\nA"', "it's", ""])
        equal(server.end(), 0)


def what_breaks_the_protocol_is_told_why_and_cut_off():
    cases = [
        (b"*1000000\r\n", "invalid multibulk length"),
        (b"*x\r\n", "invalid multibulk length"),
        (b"*1\r\n+PING\r\n", "expected '$', got '+'"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$1000000000\r\n", "invalid bulk length"),
        (b"*2\r\n$3\r\nGET\r\n$8388608\r\n", "invalid bulk length"),
        (b"get 'k\r\n", "unbalanced quotes in request"),
        (b'get "k"x\r\n', "unbalanced quotes in request"),
        (b"x" * 100_000, "too big inline request"),
        (b"*" + b"1" * 100_000, "too big mbulk count string"),
        (b"*1\r\n$" + b"1" * 100_000, "too big bulk count string"),
    ]
    with Server() as server:
        for raw, why in cases:
            client = server.client()
            client.send(command("PING") + raw)
            client.socket.shutdown(socket.SHUT_WR)
            equal(client.read(), "PONG")
            equal(client.read(), Error("ERR Protocol error: " + why))
            assert client.at_its_end(), why
        # The end inside a command is nobody's to answer.
        client = server.client()
        client.send(command("PING") + b"*1\r\n$4\r\nPI")
        client.socket.shutdown(socket.SHUT_WR)
        equal(client.read(), "PONG")
        assert client.at_its_end()
        equal(server.client().ask("PING"), "PONG")
        equal(server.end(), 0)


def an_announced_length_takes_no_memory():
    def resident(server):
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])

    with Server() as server:
        equal(server.client().ask("PING"), "PONG")
        before = resident(server)
        watcher = server.client()
        for _ in range(50):
            server.client().send(b"*65536\r\n$4\r\nMSET\r\n$8000000\r\n")
        until(lambda: "connected_clients:52" in watcher.ask("INFO"))
        assert resident(server) - before < 20 * 1024, resident(server) - before
        equal(server.end(), 0)


def subscribers_get_what_is_published():
    with Server() as server:
        one, two, publisher = server.client(), server.client(), server.client()
        equal(one.ask("SUBSCRIBE", "news", "sport"), ["subscribe", "news", 1])
        equal(one.read(), ["subscribe", "sport", 2])
        equal(two.ask("SUBSCRIBE", "news"), ["subscribe", "news", 1])
        equal(publisher.ask("PUBLISH", "news", "first"), 2)
        equal(publisher.ask("PUBLISH", "sport", "second"), 1)
        equal(publisher.ask("PUBLISH", "weather", "third"), 0)
        equal(sorted([one.read(), one.read()]), [["message", "news", "first"], ["message", "sport", "second"]])
        equal(two.read(), ["message", "news", "first"])

        equal(one.ask("PING"), ["pong", ""])
        equal(one.ask("GET", "k"), Error("ERR a subscriber can only SUBSCRIBE, UNSUBSCRIBE, PING and QUIT"))
        equal(one.ask("UNSUBSCRIBE", "news"), ["unsubscribe", "news", 1])
        equal(publisher.ask("PUBLISH", "news", "fourth"), 1)
        equal(two.read(), ["message", "news", "fourth"])
        equal(one.ask("UNSUBSCRIBE"), ["unsubscribe", "sport", 0])
        equal(one.ask("GET", "k"), None)
        two.close()
        until(lambda: publisher.ask("PUBLISH", "news", "fifth") == 0)

        for number in range(64):
            one.send(command("SUBSCRIBE", f"channel {number}"))
            one.read()
        equal(one.ask("SUBSCRIBE", "one more"), Error("ERR too many subscriptions"))
        equal(server.end(), 0)


def a_subscriber_that_is_too_far_behind_is_cut_off():
    with Server() as server:
        slow, publisher = server.client(), server.client()
        equal(slow.ask("SUBSCRIBE", "news"), ["subscribe", "news", 1])
        # More than the sockets' buffers and the channel hold.
        for _ in range(10):
            publisher.send(command("PUBLISH", "news", "x" * 100_000) * 100)
            equal([publisher.read() for _ in range(100)], [1] * 100)
        with contextlib.suppress(ConnectionResetError):
            while slow.socket.recv(1 << 20):
                pass
        until(lambda: publisher.ask("PUBLISH", "news", "x") == 0)
        equal(server.end(), 0)


def clients_beyond_the_limit_are_told():
    with Server("--max-clients", "2") as server:
        first, second = server.client(), server.client()
        equal([first.ask("PING"), second.ask("PING")], ["PONG", "PONG"])
        third = server.client()
        equal(third.read(), Error("ERR max number of clients reached"))
        assert third.at_its_end()
        first.close()

        def has_room():
            with contextlib.suppress(ConnectionError, AssertionError):
                return server.client().ask("PING") == "PONG"
            return False

        until(has_room)
        equal(server.end(), 0)


def shutdown_answers_what_was_read():
    """Clients that ask without a pause: each gets an answer to all that the server took, and then the end."""
    with Server() as server:
        waiting = server.client()
        half = server.client()
        subscriber = server.client()
        equal(waiting.ask("PING"), "PONG")
        half.send(b"*1\r\n$4\r\nPI")
        equal(subscriber.ask("SUBSCRIBE", "news"), ["subscribe", "news", 1])
        answered = []
        begun = threading.Barrier(5)

        def ask(client):
            replies = [client.ask("INCR", "n")]
            begun.wait(20)
            with contextlib.suppress(AssertionError, ConnectionError):
                while True:
                    replies.append(client.ask("INCR", "n"))
            answered.extend(replies)

        threads = [threading.Thread(target=ask, args=[server.client()]) for _ in range(4)]
        for thread in threads:
            thread.start()
        begun.wait(20)
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        equal(server.wait(), 0)
        assert time.monotonic() - began < 5, "somebody was waited for"
        for thread in threads:
            thread.join(20)
        # Every number up to the last that was told was told once: no answer was lost on its way.
        equal(sorted(answered), list(range(1, max(answered) + 1)))
        for client in (waiting, half, subscriber):
            assert client.at_its_end()
        with contextlib.suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
            raise AssertionError("it still listens")


def the_end_takes_no_answer_back():
    """A client that sends without reading still finds all answers to what was read, though more came after that."""
    with Server() as server:
        client = server.client()
        raw = command("INCR", "n") * 100
        stop = threading.Event()

        def send():
            with contextlib.suppress(OSError):
                while not stop.is_set():
                    client.send(raw)

        sender = threading.Thread(target=send)
        sender.start()
        equal(client.read(), 1)
        server.send_signal(signal.SIGTERM)
        equal(server.line_with(" clients to finish"), "mini_redis: 1 clients to finish")
        last = 1
        while line := client.file.readline():
            last += 1
            equal(line, b":%d\r\n" % last)
        stop.set()
        client.socket.shutdown(socket.SHUT_WR)
        sender.join(20)
        equal(server.wait(), 0)


def a_second_signal_does_not_wait_for_clients():
    with Server() as server:
        stuck = server.client()
        stuck.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        equal(stuck.ask("SET", "k", "x" * 4_000_000), "OK")
        stuck.send(command("GET", "k") * 8)  # answers that nobody takes
        # The first bytes have come, so the write of all is under way.
        equal(stuck.socket.recv(1), b"$")
        server.send_signal(signal.SIGTERM)
        equal(server.line_with(" clients to finish"), "mini_redis: 1 clients to finish")
        assert server.process.poll() is None
        server.send_signal(signal.SIGINT)
        equal(server.wait(), 0)


def mistakes_in_flags_are_told():
    def run(*flags):
        done = subprocess.run([PROGRAM, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout, done.stderr.splitlines()[:1]

    code, text, _ = run("--help")
    equal((code, text.splitlines()[0]), (0, "Usage: mini_redis [--port N] [--bind ADDRESS] [--max-clients N]"))
    equal(run("--prot", "1"), (2, "", ["mini_redis: there is no flag --prot"]))
    equal(run("--port"), (2, "", ["mini_redis: --port needs a value"]))
    equal(run("--port", "65536"), (2, "", ["mini_redis: --port needs a number"]))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, lines = run("--port", str(taken.getsockname()[1]))
        equal(code, 1)
        assert "in use" in lines[0], lines


def redis_cli_talks_to_it():
    tool = need("redis-cli")
    with Server() as server:
        def cli(*words, text=None):
            return subprocess.run([tool, "-p", str(server.port), *words], input=text, capture_output=True, text=True,
                                  timeout=20, check=True).stdout

        equal(cli("set", "greeting", "good morning"), "OK\n")
        equal(cli("get", "greeting"), "good morning\n")
        equal(cli("rpush", "list", "a", "b"), "2\n")
        equal(cli(text="lrange list 0 -1\nincr n\nping\n"), "a\nb\n1\nPONG\n")
        assert "redis" in cli("info")
        equal(server.end(), 0)


def redis_benchmark_runs_to_its_end():
    tool = need("redis-benchmark")
    with Server() as server:
        done = subprocess.run(
            [tool, "-p", str(server.port), "-q", "-n", "2000", "-c", "20", "-P", "16", "-t",
             "ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,lrange_100,mset"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False)
        equal((done.returncode, done.stderr), (0, ""))
        equal(len(re.findall(r"requests per second", done.stdout)), 15)
        equal(server.client().ask("PING"), "PONG")
        equal(server.end(), 0)


TESTS = [
    every_command_answers,
    keys_end_when_their_time_has_come,
    a_pipeline_is_answered_in_order_and_in_few_writes,
    commands_may_come_in_pieces,
    inline_commands_are_words_with_quotes,
    what_breaks_the_protocol_is_told_why_and_cut_off,
    an_announced_length_takes_no_memory,
    subscribers_get_what_is_published,
    a_subscriber_that_is_too_far_behind_is_cut_off,
    clients_beyond_the_limit_are_told,
    shutdown_answers_what_was_read,
    the_end_takes_no_answer_back,
    a_second_signal_does_not_wait_for_clients,
    mistakes_in_flags_are_told,
    redis_cli_talks_to_it,
    redis_benchmark_runs_to_its_end,
]

tap.run("mini_redis", TESTS)
