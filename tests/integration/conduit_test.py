#!/usr/bin/env python3
"""Drives the conduit program from outside: conduit_test.py PROGRAM FOLDER-OF-THE-SERVICE. Speaks TAP."""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import tap
from server_process import ServerProcess
from tap import equal

PROGRAM = os.path.abspath(sys.argv[1])
FOLDER = os.path.abspath(sys.argv[2])
# Of the smallest cost, so that it is not hashes that are waited for.
CHEAP = ("--set", "auth.scrypt_log_n=4")


class Service(ServerProcess):
    """One run of the program in a folder of its own."""

    def __init__(self, folder, *flags, environment=None):
        super().__init__(PROGRAM, "--port", "0", *flags, cwd=folder,
                         environment={"RONDEAU_PROFILE": "dev", **(environment or {})})

    def ask(self, method, path, body=None, token=None):
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        headers = {"authorization": f"Token {token}"} if token else {}
        if body is not None:
            body = json.dumps(body)
            headers["content-type"] = "application/json"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else text

    def sign_up(self, name):
        status, answer = self.ask("POST", "/api/users", {"user": {
            "username": name, "email": f"{name}@example.org", "password": "password"}})
        equal(status, 201)
        return answer["user"]["token"]


def run(folder, *flags, environment=None):
    """Runs the program to its end: its exit code, and what it wrote to stdout and stderr."""
    done = subprocess.run([PROGRAM, *flags], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=30, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def the_document_beside_it_is_what_it_prints(folder):
    code, printed, said = run(folder, "--profile", "dev", "--print-openapi")
    equal((code, said), (0, ""))
    with open(os.path.join(FOLDER, "openapi.json"), encoding="utf-8") as file:
        kept = file.read()
    assert printed == kept, "services/conduit/openapi.json is another one: conduit --profile dev --print-openapi"
    for path in json.loads(printed)["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                assert "application/problem+json" not in response.get("content", {}), operation


def a_blog_from_the_first_user_to_the_end(folder):
    with Service(folder, *CHEAP) as service:
        ann, bob = service.sign_up("ann"), service.sign_up("bob")
        equal(service.ask("POST", "/api/profiles/ann/follow", token=bob)[0], 200)
        for count in range(1, 21):
            equal(service.ask("POST", "/api/articles", {"article": {
                "title": f"No {count}", "description": "d", "body": "b", "tagList": ["x"]}}, ann)[0], 201)
            # The feed is a cache, and never behind what was answered.
            status, feed = service.ask("GET", "/api/articles/feed", token=bob)
            equal((status, feed["articlesCount"]), (200, count))
            liked = service.ask("POST", f"/api/articles/no-{count}/favorite", token=bob)[1]["article"]
            assert liked["favorited"] and liked["favoritesCount"] == 1
            feed = service.ask("GET", "/api/articles/feed", token=bob)[1]
            equal(feed["articles"][0]["favoritesCount"], 1)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", feed["articles"][0]["createdAt"])
        for path in ("/healthz", "/readyz"):
            equal(service.ask("GET", path)[0], 200)
        equal(service.end(), 0)
    with Service(folder, *CHEAP, "--set", "auth.secret=0123456789abcdef0123456789abcdef") as service:
        equal(service.ask("GET", "/api/articles")[1]["articlesCount"], 20)
        equal(service.ask("GET", "/api/user", token=ann)[0], 401)  # of the secret that was random


def ten_logins_a_minute(folder):
    with Service(folder, *CHEAP) as service:
        service.sign_up("ann")
        login = {"user": {"email": "ann@example.org", "password": "password"}}
        statuses = [service.ask("POST", "/api/users/login", login)[0] for _ in range(11)]
        equal(statuses, [200] * 10 + [429])


def logins_do_not_hold_others_up(folder):
    """At a cost that is a few milliseconds: 100 at once are answered or refused, and meanwhile others do not wait for them."""
    with Service(folder, "--set", "auth.scrypt_log_n=12", "--set", "log.access=false",
                 "--set", "auth.logins_per_minute=1000") as service:
        service.sign_up("ann")
        statuses, lock = [], threading.Lock()

        def log_in():
            status, _ = service.ask("POST", "/api/users/login",
                                    {"user": {"email": "ann@example.org", "password": "password"}})
            with lock:
                statuses.append(status)

        threads = [threading.Thread(target=log_in) for _ in range(100)]
        for thread in threads:
            thread.start()
        times = []
        while any(thread.is_alive() for thread in threads) and len(times) < 1000:
            begun = time.monotonic()
            equal(service.ask("GET", "/api/tags")[0], 200)
            times.append(time.monotonic() - begun)
        for thread in threads:
            thread.join()
        # Whether the queue is ever full depends on how fast they arrive: a test of the pool's own is about that.
        assert set(statuses) <= {200, 503}, statuses
        assert statuses.count(200) >= 32, statuses
        median = sorted(times)[len(times) // 2]
        print(f"# {statuses.count(200)} logins, {len(times)} other answers, median {median * 1000:.1f} ms")
        assert median < 0.5, median


def a_secret_is_needed_in_prod(folder):
    """--check-config looks at what every profile has in common; the set-up knows the rest."""
    none = run(folder, "--profile", "prod", "--print-routes")
    equal(none[0], 78)
    assert "auth.secret" in none[2], none
    for secret, code in (("too short", 78), ("0123456789abcdef0123456789abcdef", 0)):
        code_of, _, said = run(folder, "--profile", "prod", "--print-routes", environment={"CONDUIT__AUTH__SECRET": secret})
        equal(code_of, code)
        assert secret not in said, said
    equal(run(folder, "--profile", "dev", "--print-routes", "--set", "auth.token_ttl=0s")[0], 78)
    equal(run(folder, "--profile", "dev", "--print-routes", "--set", 'cors.origins=["x"]')[0] == 0, False)


def in_a_folder(test):
    folder = tempfile.mkdtemp(prefix="conduit-")
    try:
        test(folder)
    finally:
        shutil.rmtree(folder)


TESTS = [
    the_document_beside_it_is_what_it_prints,
    a_blog_from_the_first_user_to_the_end,
    ten_logins_a_minute,
    logins_do_not_hold_others_up,
    a_secret_is_needed_in_prod,
]

tap.run("conduit", TESTS, in_a_folder)
