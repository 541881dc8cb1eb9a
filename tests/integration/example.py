"""Runs the examples: each by its name, those that serve on a port that the system chooses; for the tests beside it."""

import contextlib
import functools
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from server_process import ServerProcess
from tap import Skip, equal

# Those that need what may not be there to build them.
OPTIONAL = {"benchmark_server", "redis", "sqlite_notes", "tls", "transactions"}
PROGRAMS = {os.path.basename(path): os.path.abspath(path) for path in sys.argv[1:]}


def program(name):
    if name not in PROGRAMS:
        assert name in OPTIONAL or "hello" not in PROGRAMS, f"the example {name} was not given"
        raise Skip(f"the example {name} is not built")
    return PROGRAMS[name]


@contextlib.contextmanager
def new_folder():
    path = tempfile.mkdtemp(prefix="rondeau-examples-")
    try:
        yield path
    finally:
        shutil.rmtree(path)


def run(name, *arguments, text="", folder=None, environment=None):
    """Its exit code, what it has printed, and what it says of errors."""
    done = subprocess.run([program(name), *arguments], input=text, capture_output=True, text=True, timeout=120,
                          check=False, cwd=folder, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


class Answer:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()
        self.text = self.body.decode(errors="replace")

    def json(self):
        return json.loads(self.body)


class Service(ServerProcess):
    """One run of an example that serves HTTP, in a folder of its own."""

    def __init__(self, name, folder, *flags, profile="dev"):
        super().__init__(program(name), "--profile", profile, "--set", "shutdown.drain_delay=0s", "--port", "0", *flags,
                         cwd=folder)

        self.told_to_end = False

    def send_signal(self, number):
        self.told_to_end = True
        super().send_signal(number)

    def ask(self, method, path, body=None, as_json=None, **headers):
        """One request over a connection of its own; `as_json` becomes its body, underscores in names become dashes."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if as_json is not None:
            body = as_json if isinstance(as_json, str) else json.dumps(as_json)
            fields.setdefault("content-type", "application/json")
        with contextlib.closing(http.client.HTTPConnection(*self.address, timeout=30)) as connection:
            connection.request(method, path, body, fields)
            return Answer(connection.getresponse())

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, as_json, **headers):
        return self.ask("POST", path, as_json=as_json, **headers)


def with_service(name, *flags, **options):
    """For a test that is given a run of that example; which has to end in order afterwards."""

    def decorate(test):
        @functools.wraps(test)
        def wrapped():
            with new_folder() as folder, Service(name, folder, *flags, **options) as service:
                service.folder = folder
                test(service)
                equal(service.wait() if service.told_to_end else service.end(signal.SIGTERM), 0)

        return wrapped

    return decorate


def pointers(answer):
    """Where the mistakes are of which a 422 tells."""
    equal((answer.status, answer.headers["content-type"]), (422, "application/problem+json"))
    return sorted(error["pointer"] for error in answer.json()["errors"])
