#!/usr/bin/env python3
"""Shows each service's metrics to promtool: promtool_test.py PROGRAM… Speaks TAP."""

import http.client
import os
import re
import subprocess
import sys
import tempfile

import tap
from server_process import ServerProcess
from tap import equal, need

# What is asked before, so that there is something to count: paths that fit, that do not, and an odd one.
ASKED = ["/healthz", "/none", "/quo%22te", "/links/none", "/api/articles", "/api/tags", "/jobs", "/queues", "/rooms", "/up/x"]


def ask(address, path):
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.read().decode()
    finally:
        connection.close()


def judged(page):
    return subprocess.run([need("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, timeout=60,
                          check=False)


def takes_the_page_of(program):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "gateway.json"), "w", encoding="utf-8") as file:
            file.write('{"upstreams": {"gone": {"peers": ["http://127.0.0.1:1"]}}, "routes": [{"upstream": "gone", "prefix": "/up"}]}')
        with ServerProcess(program, "--port", "0", "--admin", "127.0.0.1:0", cwd=folder,
                           environment={"RONDEAU_PROFILE": "dev"}) as service:
            admin = ("127.0.0.1", int(re.search(r"at=127\.0\.0\.1:(\d+)", service.line_with("service: admin"))[1]))
            for path in ASKED:
                ask(service.address, path)
            page = ask(admin, "/metrics")
            equal(service.end(), 0)
    assert "http_server_request_duration_seconds_count" in page, page
    done = judged(page)
    assert done.returncode in (0, 3), done.stderr  # 3: it parses, and this is what it thinks of the names
    equal(done.stderr.splitlines(), [])
    assert judged(page + "x{ 1\n").returncode not in (0, 3), "it takes anything"


class Case:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.__name__ = os.path.basename(program)

    def __call__(self):
        takes_the_page_of(self.program)


tap.run("promtool takes the metrics of", [Case(program) for program in sys.argv[1:]])
