#!/usr/bin/env python3
"""Clients of Node's and a browser, and a server of Node's for a client of ours: node_test.py REFERENCE_SERVER
FEATURE_SERVER FOLDER [WEBSOCKET_CLIENT]. Speaks TAP.

What npm fetches goes into FOLDER; where it cannot, those tests are skipped.
"""

import os
import re
import subprocess
import sys
import tempfile

import tap
from node_packages import SCRIPTS, Packages
from server_process import ServerProcess
from tap import Skip, equal, need

REFERENCE, FEATURE, FOLDER = sys.argv[1:4]
CLIENT = sys.argv[4] if len(sys.argv) > 4 else None  # where the examples are built
PACKAGES = Packages(FOLDER)
fetched, node = PACKAGES.fetched, PACKAGES.run


def undici_pipelines_and_aborts():
    fetched()
    with ServerProcess(REFERENCE, "0", "2") as server:
        node("requests.js", server.port)
        equal(server.end(), 0)


def undici_loses_nothing_to_idle_closes():
    fetched()
    with ServerProcess(REFERENCE, "0", "2", "--keep-alive", "20") as server:
        told = node("idle_closes.js", server.port, 20)
        print(f"# {told.strip()}")
        assert told.startswith("384 answered, "), told
        equal(server.end(), 0)


def autocannon_has_every_request_answered():
    fetched()
    with ServerProcess(REFERENCE, "0", "2") as server:
        for line in node("load.js", server.port).splitlines():
            print(f"# {line}")
        equal(server.end(), 0)


def ws_compresses_fragments_and_closes():
    fetched()
    with ServerProcess(REFERENCE, "0", "2") as server:
        node("websockets.js", server.port)
        equal(server.end(), 0)


def websocket_client_talks_to_ws():
    if CLIENT is None:
        raise Skip("the examples are not built")
    lines = ["", "x", "ä" * 62, "y" * 126, "z" * 300, "w" * 60000] + [str(i) for i in range(200)]
    for mode, agreed in (("plain", "plain"), ("deflate", "permessage-deflate")):
        with subprocess.Popen(["node", os.path.join(SCRIPTS, "websocket_server.js"), mode], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, env={**os.environ, "NODE_PATH": fetched()}) as server:
            try:
                port = int(server.stdout.readline())
                with subprocess.Popen([CLIENT, f"ws://127.0.0.1:{port}/"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as client:
                    for line in lines:
                        client.stdin.write(line + "\n")
                        client.stdin.flush()
                        equal(client.stdout.readline(), line + "\n")
                    client.stdin.close()
                    equal(client.stderr.read(), "closed: 1000 \n")
                    equal(client.wait(20), 0)
                equal(server.stdout.readline(), f"{agreed} 1 1000\n")
                equal(server.wait(20), 0)
            finally:
                server.kill()


def eventsource_comes_back_with_what_it_saw():
    fetched()
    with ServerProcess(FEATURE, "0", "2") as server:
        node("events.js", server.port)
        equal(server.end(), 0)


def chromium_shows_events_as_they_come():
    browser = need("chromium")
    with ServerProcess(FEATURE, "0", "2") as server, tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             f"--user-data-dir={profile}", "--timeout=10000", "--virtual-time-budget=5000", "--dump-dom",
             f"http://127.0.0.1:{server.port}/events.html"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False)
        equal(done.returncode, 0)
        items = re.findall(r"<li>(.*?)</li>", done.stdout)
        equal(items, [f"{i}: event {i}" for i in range(1, 6)])
        assert '<p id="state">all came</p>' in done.stdout, done.stdout
        equal(server.end(), 0)


TESTS = [
    undici_pipelines_and_aborts,
    undici_loses_nothing_to_idle_closes,
    autocannon_has_every_request_answered,
    ws_compresses_fragments_and_closes,
    websocket_client_talks_to_ws,
    eventsource_comes_back_with_what_it_saw,
    chromium_shows_events_as_they_come,
]

tap.run("clients", TESTS)
