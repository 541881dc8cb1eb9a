#!/usr/bin/env python3
"""A service as its operator sees it, over the admin listener: admin_test.py SHORTLINK. Speaks TAP."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import tap
from server_process import ServerProcess, free_port
from tap import equal

PROGRAM = os.path.abspath(sys.argv[1])
ANY = ("--admin", "127.0.0.1:0")


class Service(ServerProcess):
    def __init__(self, folder, *flags, profile="prod", environment=None, **options):
        super().__init__(PROGRAM, "--port", "0", "--set", "log.format=text", "--set", "shutdown.drain_delay=0s", *flags,
                         cwd=folder, environment={"RONDEAU_PROFILE": profile, **(environment or {})}, **options)
        self.admin = None

    def find_admin(self):
        line = self.line_with("service: admin")
        found = re.search(r"at=127\.0\.0\.1:(\d+)", line)
        self.admin = ("127.0.0.1", int(found[1]))
        return line


def ask(address, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def run(folder, *flags, profile="prod", environment=None):
    done = subprocess.run([PROGRAM, *flags], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=30, check=False, env={**os.environ, "RONDEAU_PROFILE": profile, **(environment or {})})
    return done.returncode, done.stdout, done.stderr.splitlines()


def in_development_it_is_there_and_prints_where(folder):
    with Service(folder, profile="dev") as service:
        assert "scope=full" in service.find_admin()
        equal(ask(service.admin, "GET", "/healthz"), (200, "ok\n"))
        equal(ask(service.admin, "GET", "/readyz"), (200, "ready\n"))
        equal(ask(service.admin, "GET", "/startupz"), (200, "started\n"))
        for path in ("/healthz", "/readyz", "/startupz"):
            equal(ask(service.address, "GET", path)[0], 200)
        equal(service.end(), 0)


def in_production_there_is_none_unless_it_is_wanted(folder):
    with Service(folder) as service:
        equal(ask(service.address, "GET", "/readyz")[0], 200)
        equal(ask(service.address, "GET", "/admin/tasks")[0], 404)
        equal(service.end(), 0)
        assert not any("service: admin" in line for line in service.lines), service.lines
    with Service(folder, "--set", "admin.listen=", profile="dev") as service:
        equal(service.end(), 0)
        assert not any("service: admin" in line for line in service.lines), service.lines


def it_shows_tasks_runtime_connections_settings_and_routes(folder):
    with Service(folder, *ANY, "--set", "admin.token=s3cret") as service:
        service.find_admin()
        key = {"Authorization": "Bearer s3cret"}
        equal(ask(service.admin, "GET", "/admin/tasks")[0], 401)
        equal(ask(service.admin, "GET", "/metrics")[0], 200)
        status, text = ask(service.admin, "GET", "/admin/tasks", headers=key)
        equal(status, 200)
        # The task that deletes expired links sleeps where its source says so.
        assert "main.cpp" in text and "sweep at main.cpp:" in text, text
        tasks = json.loads(ask(service.admin, "GET", "/admin/tasks", headers={**key, "Accept": "application/json"})[1])
        assert tasks["total"] == len(tasks["tasks"]) and all("state" in task for task in tasks["tasks"]), tasks
        runtime = json.loads(ask(service.admin, "GET", "/admin/runtime?format=json", headers=key)[1])
        equal(len(runtime["worker"]), runtime["workers"])
        with service.connect() as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert idle.recv(100).startswith(b"HTTP/1.1 200 ")
            mine = "%s:%d" % idle.getsockname()
            open_now = json.loads(ask(service.admin, "GET", "/admin/connections?format=json", headers=key)[1])
            found = [each for each in open_now["connections"] if each["peer"] == mine]
            equal([each["in_request"] for each in found], [False])
            equal(open_now["total"], len(open_now["connections"]))
            assert mine in ask(service.admin, "GET", "/admin/connections", headers=key)[1]
        status, text = ask(service.admin, "GET", "/admin/config", headers=key)
        assert 'admin.token = "***"' in text and "s3cret" not in text, text
        assert "admin.listen" in text and "(--admin)" in text, text
        assert "/{id}" in ask(service.admin, "GET", "/admin/routes", headers=key)[1]
        assert "paths" in json.loads(ask(service.admin, "GET", "/openapi.json", headers=key)[1])
        equal(service.end(), 0)


def strangers_pages_get_nothing(folder):
    with Service(folder, *ANY) as service:
        service.find_admin()
        equal(ask(service.admin, "GET", "/healthz", headers={"Host": "evil.example"})[0], 421)
        equal(ask(service.admin, "POST", "/admin/drain", headers={"Host": "evil.example"})[0], 421)
        equal(ask(service.admin, "POST", "/admin/drain", headers={"Origin": "http://evil.example"})[0], 403)
        equal(ask(service.admin, "GET", "/admin/config", headers={"Origin": "null"})[0], 403)
        own = "http://%s:%d" % service.admin
        equal(ask(service.admin, "GET", "/admin/config", headers={"Origin": own})[0], 200)
        equal(ask(service.address, "GET", "/readyz")[0], 200)
        equal(service.end(), 0)


def log_levels_change_while_it_runs(folder):
    with Service(folder, *ANY, "--log-level", "info,access=off") as service:
        service.find_admin()
        equal(ask(service.admin, "GET", "/admin/log-level"), (200, "info,access=off\n"))
        ask(service.address, "GET", "/nothing-yet")
        equal(ask(service.admin, "PUT", "/admin/log-level", "info,access=debug"), (200, "info,access=debug\n"))
        assert "127.0.0.1" in service.line_with("log levels changed")
        ask(service.address, "GET", "/something")
        service.line_with("/something")
        service.line_with("access: fields")
        equal(ask(service.admin, "PUT", "/admin/log-level", "info,,")[0], 400)
        equal(service.end(), 0)
        assert not any("/nothing-yet" in line for line in service.lines), service.lines


def it_drains_when_told_and_answers_until_the_end(folder):
    with Service(folder, *ANY, "--set", "shutdown.drain_delay=1s") as service:
        service.find_admin()
        begun = time.monotonic()
        equal(ask(service.admin, "POST", "/admin/drain"), (202, "draining\n"))
        service.line_with("service: draining")
        equal(ask(service.admin, "GET", "/readyz"), (503, "draining\n"))
        equal(ask(service.address, "GET", "/readyz"), (503, "draining\n"))
        equal(ask(service.admin, "GET", "/healthz")[0], 200)
        # Who drains and then sends the signal, as a supervisor does, cuts nothing.
        service.send_signal(signal.SIGTERM)
        last = begun
        while True:
            try:
                equal(ask(service.admin, "GET", "/healthz")[0], 200)
                last = time.monotonic()
            except OSError:
                break
        equal(service.wait(), 0)
        assert last - begun > 0.9, f"it was gone {last - begun:.3f} s after the drain began, which takes 1 s"


def it_outlives_an_overload_of_the_service(folder):
    with Service(folder, *ANY, "--set", "server.limits.max_connections=4") as service:
        service.find_admin()
        held = [service.connect() for _ in range(8)]
        for wire in held[:4]:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert wire.recv(100).startswith(b"HTTP/1.1 200 ")
        equal(ask(service.admin, "GET", "/readyz"), (200, "ready\n"))
        equal(json.loads(ask(service.admin, "GET", "/admin/connections?format=json")[1])["total"], 4)
        for wire in held:
            wire.close()
        equal(service.end(), 0)


def what_cannot_be_is_told_at_the_start(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, lines = run(folder, "--port", "0", "--admin", f"127.0.0.1:{port}")
    equal((code, len(lines)), (69, 1))
    assert lines[0].startswith("shortlink: admin.listen: ") and f"127.0.0.1:{port}" in lines[0], lines
    assert not os.path.exists(os.path.join(folder, "shortlink.db")), "the set-up had begun"
    code, _, lines = run(folder, "--admin", "0.0.0.0:9090", "--set", "admin.scope=full")
    equal((code, lines), (78, ["shortlink: admin.scope: full on 0.0.0.0:9090, where others can connect, needs an admin.token"]))
    code, _, lines = run(folder, "--check-config", "--set", "log.level=loud")
    equal((code, len(lines)), (78, 1))
    assert lines[0].startswith("shortlink: log.level: must be trace, debug, info, warn, error or off"), lines
    equal(run(folder, "--check-config", "--admin", "0.0.0.0:9090", "--set", "admin.scope=full", "--set", "admin.token=x")[0], 0)


def who_takes_over_has_the_same_admin_listener(folder):
    with Service(folder, *ANY, profile="dev") as service:
        service.find_admin()
        service.send_signal(signal.SIGUSR2)
        successor = int(re.search(r"successor=(\d+)", service.line_with("handed over"))[1])
        try:
            equal(service.wait(), 0)
            equal(ask(service.admin, "GET", "/readyz"), (200, "ready\n"))
            equal(ask(service.admin, "POST", "/admin/drain")[0], 202)
            service.line_with("service: draining")
        finally:
            try:
                os.kill(successor, signal.SIGKILL)
            except ProcessLookupError:
                pass


def over_a_socket_of_the_unix_kind_only_its_owner_asks(folder):
    path = os.path.join(folder, "admin.sock")
    with Service(folder, "--admin", f"unix:{path}") as service:
        equal(oct(os.stat(path).st_mode & 0o7777), "0o600")
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(30)
            wire.connect(path)
            wire.sendall(b"GET /admin/runtime HTTP/1.1\r\nHost: anything\r\n\r\n")
            assert wire.recv(100).startswith(b"HTTP/1.1 200 ")
        equal(service.end(), 0)
    assert not os.path.exists(path)


def health_can_be_taken_off_the_public_listener(folder):
    with Service(folder, *ANY, "--set", "server.health=false") as service:
        service.find_admin()
        equal(ask(service.address, "GET", "/readyz")[0], 404)
        equal(ask(service.admin, "GET", "/readyz")[0], 200)
        equal(service.end(), 0)


def the_program_asks_the_one_that_runs(folder):
    admin = ("--admin", f"127.0.0.1:{free_port()}", "--set", "admin.token=s3cret")
    code, _, lines = run(folder, *admin, "--health-check")
    equal((code, len(lines)), (1, 1))
    with Service(folder, *admin) as service:
        equal(run(folder, *admin, "--health-check"), (0, "ready\n", []))
        url = f"http://127.0.0.1:{service.port}"
        equal(run(folder, "--health-check", "--url", url + "/startupz"), (0, "started\n", []))
        code, _, lines = run(folder, "--health-check", "--url", url + "/links/none/stats")
        equal(code, 1)
        assert lines[0].startswith(f"shortlink: {url}/links/none/stats: 404"), lines
        # Without an admin listener it is the public one that is asked.
        equal(run(folder, "--listen", f"0.0.0.0:{service.port}", "--health-check"), (0, "ready\n", []))
        equal(run(folder, *admin[:2], "--set", "admin.token=other", "--drain")[0], 1)
        equal(run(folder, *admin, "--drain"), (0, "draining\n", []))
        equal(service.wait(), 0)
        assert not any("s3cret" in line for line in service.lines), service.lines
    path = os.path.join(folder, "admin.sock")
    with Service(folder, "--admin", f"unix:{path}") as service:
        equal(run(folder, "--admin", f"unix:{path}", "--health-check"), (0, "ready\n", []))
        equal(run(folder, "--admin", f"unix:{path}", "--drain"), (0, "draining\n", []))
        equal(service.wait(), 0)
    code, _, lines = run(folder, "--drain")
    equal((code, lines), (2, ["shortlink: --drain: needs admin.listen, with a port that the settings name"]))
    equal(run(folder, "--port", "0", "--health-check")[0], 2)


def to_migrate_is_to_set_up_and_end(folder):
    code, _, lines = run(folder, "--migrate")
    equal(code, 0)
    assert os.path.exists(os.path.join(folder, "shortlink.db"))
    assert not any("listening" in line for line in lines), lines
    equal(run(folder, "--migrate", "--set", "database.url=sqlite:none/x.db")[0], 69)


def a_watchdog_is_shown_that_it_lives(folder):
    path = os.path.join(folder, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(30)
        watched = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}
        with Service(folder, environment=watched) as service:
            equal(manager.recv(4096), b"READY=1")
            begun = time.monotonic()
            for _ in range(5):
                equal(manager.recv(4096), b"WATCHDOG=1")
            assert 0.3 < time.monotonic() - begun < 5, "every 100 ms, the first at once"
            service.send_signal(signal.SIGTERM)
            while (said := manager.recv(4096)) != b"STOPPING=1":
                equal(said, b"WATCHDOG=1")
            equal(service.wait(), 0)
        # Another process is meant.
        with Service(folder, environment={**watched, "WATCHDOG_PID": "1"}) as service:
            equal(manager.recv(4096), b"READY=1")
            time.sleep(0.3)
            service.send_signal(signal.SIGTERM)
            equal(manager.recv(4096), b"STOPPING=1")
            equal(service.wait(), 0)


TESTS = [
    a_watchdog_is_shown_that_it_lives,
    the_program_asks_the_one_that_runs,
    to_migrate_is_to_set_up_and_end,
    in_development_it_is_there_and_prints_where,
    in_production_there_is_none_unless_it_is_wanted,
    it_shows_tasks_runtime_connections_settings_and_routes,
    strangers_pages_get_nothing,
    log_levels_change_while_it_runs,
    it_drains_when_told_and_answers_until_the_end,
    it_outlives_an_overload_of_the_service,
    what_cannot_be_is_told_at_the_start,
    who_takes_over_has_the_same_admin_listener,
    over_a_socket_of_the_unix_kind_only_its_owner_asks,
    health_can_be_taken_off_the_public_listener,
]


def in_a_folder(test):
    with tempfile.TemporaryDirectory(prefix="admin-") as folder:
        test(folder)


tap.run("admin", TESTS, in_a_folder)
