#!/usr/bin/env python3
"""Drives the shortlink program from outside: shortlink_test.py PROGRAM. Speaks TAP."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import tap
from server_process import ServerProcess
from tap import equal, need, until
from tls_server import Authority

PROGRAM = os.path.abspath(sys.argv[1])
NOBODY = 65534


class Service(ServerProcess):
    """One run of the program in a folder of its own."""

    def __init__(self, folder, *flags, environment=None):
        super().__init__(PROGRAM, "--port", "0", *flags, cwd=folder,
                         environment={"RONDEAU_PROFILE": os.environ.get("RONDEAU_PROFILE", "dev"), **(environment or {})})

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        if isinstance(body, dict):
            body = json.dumps(body)
            headers = {"content-type": "application/json"}
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def clicks(self):
        """What became of the clicks, by the line that says so at the end."""
        (line,) = [line for line in self.lines if "app: clicks " in line]
        return {word: int(count) for word, count in re.findall(r"(\w+)=(\d+)", line)}


@contextlib.contextmanager
def folder_for_a_test():
    folder = tempfile.mkdtemp(prefix="shortlink-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def run(folder, *flags, environment=None, user=None):
    """Runs the program to its end: its exit code and the lines it wrote to stderr."""
    done = subprocess.run([PROGRAM, *flags], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=30, env={**os.environ, **(environment or {})}, user=user)
    return done.returncode, done.stderr.splitlines()


def create_follow_and_statistics(folder):
    with Service(folder) as service:
        answer, text = service.ask("POST", "/links", {"url": "https://example.org/a", "alias": "hello"})
        equal(answer.status, 201)
        equal(answer.getheader("location"), "/hello")
        assert json.loads(text)["short_url"].endswith("/hello")
        for _ in range(3):
            answer, _ = service.ask("GET", "/hello", headers={"referer": "https://news.example/x"})
            equal((answer.status, answer.getheader("location")), (302, "https://example.org/a"))
        until(lambda: json.loads(service.ask("GET", "/links/hello/stats")[1])["total"] == 3)
        equal(json.loads(service.ask("GET", "/links/hello/stats")[1])["referrers"],
              [{"host": "news.example", "clicks": 3}])
        for path in ("/healthz", "/readyz"):
            equal(service.ask("GET", path)[0].status, 200)
        equal(service.end(), 0)


def sigterm_under_load_loses_nothing(folder):
    """Every redirect that was answered is one click; no request that was sent stays without its answer."""
    with Service(folder, "--set", "log.access=false") as service:
        service.ask("POST", "/links", {"url": "https://example.org/a", "alias": "hello"})
        answered, lost = [], []
        enough = threading.Event()

        def follow():
            mine = 0
            while True:
                connection = http.client.HTTPConnection(*service.address, timeout=30)
                try:
                    connection.connect()
                except OSError:
                    break  # nobody listens any more
                last = False
                while not last:
                    try:
                        connection.request("GET", "/hello")
                        answer = connection.getresponse()
                        answer.read()
                    except Exception as error:
                        lost.append(repr(error))
                        break
                    assert answer.status == 302
                    mine += 1
                    if mine == 50:
                        enough.set()
                    last = answer.will_close
                connection.close()
            answered.append(mine)

        threads = [threading.Thread(target=follow) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert enough.wait(30)
        code = service.end()
        for thread in threads:
            thread.join(30)
        equal(code, 0)
        clicks = service.clicks()
        equal(sum(clicks.values()), sum(answered) + len(lost))
        # A connection that was accepted by the kernel alone may be refused; one that sent a request may not be.
        equal(lost, [])
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "shortlink.db"))) as database:
        equal(database.execute("SELECT clicks FROM links").fetchall(), [(clicks["written"],)])
        equal(database.execute("SELECT sum(clicks) FROM clicks").fetchall(), [(clicks["written"],)])


def sigterm_under_wrk_answers_all_it_took(folder):
    """The same with a load generator that never waits: every redirect it got is a click that was written or dropped."""
    wrk = need("wrk")
    with Service(folder, "--set", "log.access=false") as service:
        service.ask("POST", "/links", {"url": "https://example.org/a", "alias": "hello"})
        load = subprocess.Popen([wrk, "-t1", "-c32", "-d4s", "http://%s:%d/hello" % service.address],
                                stdout=subprocess.PIPE, text=True)
        time.sleep(2)
        equal(service.end(), 0)
        printed = load.communicate(timeout=30)[0]
        answered = int(re.search(r"(\d+) requests in", printed)[1])
        assert answered > 100, printed
        assert "Non-2xx" not in printed, printed
        clicks = service.clicks()
        equal(sum(clicks.values()), answered)
        # Refused connections count as "connect" or "write"; a request that was sent is answered.
        equal(re.search(r"read (\d+)", printed)[1], "0")
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "shortlink.db"))) as database:
        equal(database.execute("SELECT clicks FROM links").fetchall(), [(clicks["written"],)])


def sigkill_keeps_every_link_that_was_told(folder):
    with Service(folder, "--set", "log.access=false") as service:
        told = []

        def create():
            connection = http.client.HTTPConnection(*service.address, timeout=30)
            with contextlib.suppress(Exception):
                while True:
                    connection.request("POST", "/links", '{"url":"https://example.org/a"}',
                                       {"content-type": "application/json"})
                    answer = connection.getresponse()
                    text = answer.read()
                    assert answer.status == 201
                    told.append(json.loads(text)["id"])

        threads = [threading.Thread(target=create) for _ in range(8)]
        for thread in threads:
            thread.start()
        until(lambda: len(told) >= 100)
        equal(service.end(signal.SIGKILL), -signal.SIGKILL)
        for thread in threads:
            thread.join(30)
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "shortlink.db"))) as database:
        equal(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        stored = {row[0] for row in database.execute("SELECT id FROM links")}
    equal(set(told) - stored, set())
    with Service(folder) as service:  # and the service opens it again
        equal(service.ask("GET", "/" + told[-1])[0].status, 302)
        equal(service.end(), 0)


def systemd_is_told(folder):
    path = os.path.join(folder, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(30)
        with Service(folder, environment={"NOTIFY_SOCKET": path}) as service:
            equal(manager.recv(4096), b"READY=1")
            service.process.send_signal(signal.SIGTERM)
            equal(manager.recv(4096), b"STOPPING=1")
            equal(service.wait(), 0)


def systemd_is_told_nothing_behind_stopping(folder):
    need("openssl")
    certificate, key = Authority(folder).issue("server", "localhost 1")
    path = os.path.join(folder, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(30)
        with Service(folder, "--set", f"server.tls.certificate={certificate}", "--set", f"server.tls.key={key}", "--set",
                     "shutdown.drain_delay=60s", environment={"NOTIFY_SOCKET": path}) as service:
            equal(manager.recv(4096), b"READY=1")
            service.process.send_signal(signal.SIGHUP)
            assert manager.recv(4096).startswith(b"RELOADING=1\n")
            equal(manager.recv(4096), b"READY=1")
            service.process.send_signal(signal.SIGTERM)
            equal(manager.recv(4096), b"STOPPING=1")
            service.process.send_signal(signal.SIGHUP)
            until(lambda: sum("reloaded part=certificates" in line for line in service.lines) == 2)
            equal(service.end(signal.SIGINT), -signal.SIGINT)
            manager.setblocking(False)
            try:
                equal(manager.recv(4096), "nothing")
            except BlockingIOError:
                pass


def a_second_signal_ends_it_at_once(folder):
    with Service(folder, "--set", "shutdown.drain_delay=60s") as service:
        service.process.send_signal(signal.SIGTERM)
        until(lambda: any("draining" in line for line in service.lines))
        answer, _ = service.ask("GET", "/readyz")
        equal(answer.status, 503)
        equal(service.ask("GET", "/healthz")[0].status, 200)
        equal(service.end(signal.SIGINT), -signal.SIGINT)


def mistakes_in_settings_are_one_line_and_78(folder):
    file = os.path.join(folder, "bad.json")
    cases = [
        ('{"server": {"listen": }}', "shortlink: bad.json: "),
        ('{"server": {"lissten": "127.0.0.1:0"}}',
         "shortlink: bad.json /server/lissten: is unknown here, did you mean listen?"),
        ('{"databse": {"url": "sqlite::memory:"}}',
         "shortlink: bad.json /databse: is unknown here, did you mean database?"),
        ('{"server": {"listen": "nowhere"}}',
         'shortlink: server.listen: must be addresses such as 127.0.0.1:8080 or unix:/run/x.sock, not "nowhere"'),
        ('{"database": {"url": "oracle:x"}}', "shortlink: "),
        ('{"links": {"base_url": "sho.rt"}}',
         "shortlink: bad.json /links/base_url: must be http:// or https://, a host, and no query or fragment"),
    ]
    for text, line in cases:
        with open(file, "w", encoding="utf-8") as out:
            out.write(text)
        code, lines = run(folder, "--config", "bad.json")
        equal((code, len(lines)), (78, 1))
        assert lines[0].startswith(line), lines
    code, lines = run(folder, "--config", "missing.json")
    equal((code, lines), (78, ["shortlink: missing.json: cannot be read: No such file or directory"]))
    code, lines = run(folder, "--check-config", environment={"SHORTLINK__SERVR__LISTEN": "x"})
    equal((code, lines), (78, ["shortlink: SHORTLINK__SERVR__LISTEN: unknown key, did you mean server.listen?"]))
    code, lines = run(folder, "--check-config", environment={"SHORTLINK__LINKS__BASE_URL": "https://sho.rt/?a"})
    equal((code, lines), (78, ["shortlink: SHORTLINK__LINKS__BASE_URL: "
                               "must be http:// or https://, a host, and no query or fragment"]))
    code, lines = run(folder, environment={"RONDEAU_PROFILE": "production"})
    equal((code, lines), (78, ['shortlink: RONDEAU_PROFILE: must be dev or prod, not "production"']))


def an_unknown_flag_is_one_line_and_2(folder):
    equal(run(folder, "--prot", "80"), (2, ["shortlink: unknown flag --prot, did you mean --port?"]))


def a_port_in_use_is_one_line_and_69(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, lines = run(folder, "--port", str(port))
    equal((code, len(lines)), (69, 1))
    assert f"127.0.0.1:{port}" in lines[0] and "in use" in lines[0], lines


def a_read_only_database_is_one_line_and_69(folder):
    with Service(folder) as service:
        equal(service.end(), 0)
    database = os.path.join(folder, "shortlink.db")
    os.chmod(database, 0o444)
    # Nothing is read-only to root.
    user = NOBODY if os.geteuid() == 0 else None
    for mode in (0o555, 0o777):  # of the folder: where its files can be made beside it, the database is all the same
        os.chmod(folder, mode)
        code, lines = run(folder, "--port", "0", user=user)
        equal((code, len(lines)), (69, 1))
        assert "shortlink.db" in lines[0] and "sqlite" in lines[0], lines


def a_database_that_is_gone_is_not_ready(folder):
    with Service(folder) as service:
        equal(service.ask("GET", "/readyz")[0].status, 200)
        os.remove(os.path.join(folder, "shortlink.db"))
        answer, text = service.ask("GET", "/readyz")
        equal(answer.status, 503)
        assert "shortlink.db" in text, text
        equal(service.ask("GET", "/healthz")[0].status, 200)


def a_database_that_is_locked_is_503_and_one_that_fails_says_why(folder):
    with Service(folder) as service:
        service.ask("POST", "/links", {"url": "https://example.org/a", "alias": "hello"})
        with contextlib.closing(sqlite3.connect(os.path.join(folder, "shortlink.db"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer, _ = service.ask("POST", "/links", {"url": "https://example.org/b"})
            equal((answer.status, answer.getheader("retry-after")), (503, "1"))
            other.execute("ROLLBACK")
            other.execute("DROP TABLE referrers")
            equal(service.ask("GET", "/hello")[0].status, 302)
            answer, _ = service.ask("GET", "/links/hello/stats")
            equal(answer.status, 500)
        until(lambda: any("cannot write clicks" in line and "referrers" in line for line in service.lines))
        equal(service.end(), 0)
        for reason in ("database is locked", "no such table: referrers"):
            (line,) = [line for line in service.lines if "cannot answer" in line and reason in line]
            assert " error " in line and "request_id=" in line, line
        assert answer.getheader("x-request-id") in line, line


def an_import_of_commas_takes_little_memory(folder):
    with Service(folder) as service:
        answer, text = service.ask("POST", "/links/import", b"," * (10 * 1024 * 1024), {"content-type": "text/csv"})
        equal(answer.status, 200)
        equal(json.loads(text), {"created": 0, "rejected": [{"line": 1, "reason": "has more than three fields"}]})
        with open(f"/proc/{service.process.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])
        assert peak < 300 * 1024, f"{peak} KiB"  # sanitizers take some, too
        equal(service.end(), 0)


def short_urls_begin_with_what_clients_can_use(folder):
    def short_url(service):
        text = service.ask("POST", "/links", {"url": "https://example.org/a"})[1]
        return json.loads(text)["short_url"].rsplit("/", 1)[0]

    with Service(folder) as service:
        equal(short_url(service), "http://%s:%d" % service.address)
        own = "http://%s:0%d/x" % service.address
        equal(service.ask("POST", "/links", {"url": own})[0].status, 422)
    with Service(folder, "--set", "links.base_url= https://sho.rt/ ") as service:
        equal(short_url(service), "https://sho.rt")


TESTS = [
    create_follow_and_statistics,
    sigterm_under_load_loses_nothing,
    sigterm_under_wrk_answers_all_it_took,
    sigkill_keeps_every_link_that_was_told,
    systemd_is_told,
    systemd_is_told_nothing_behind_stopping,
    a_second_signal_ends_it_at_once,
    mistakes_in_settings_are_one_line_and_78,
    an_unknown_flag_is_one_line_and_2,
    a_port_in_use_is_one_line_and_69,
    a_read_only_database_is_one_line_and_69,
    a_database_that_is_gone_is_not_ready,
    a_database_that_is_locked_is_503_and_one_that_fails_says_why,
    an_import_of_commas_takes_little_memory,
    short_urls_begin_with_what_clients_can_use,
]


def in_a_folder(test):
    with folder_for_a_test() as place:
        test(place)


tap.run("shortlink", TESTS, in_a_folder)
