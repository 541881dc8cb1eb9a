#!/usr/bin/env python3
"""Drives the jobs program from outside: jobs_test.py PROGRAM FOLDER-OF-THE-SERVICE. Speaks TAP.

How long workers are killed for is 10 s; RONDEAU_JOBS_SECONDS says otherwise, RONDEAU_JOBS_SEED repeats a run."""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import tap
from postgres_process import PostgresProcess
from server_process import ServerProcess
from tap import equal, until

PROGRAM = os.path.abspath(sys.argv[1])
FOLDER = os.path.abspath(sys.argv[2])
FINAL = ("succeeded", "dead", "cancelled")


class Service(ServerProcess):
    """One run of the program in a folder of its own."""

    def __init__(self, folder, *flags, environment=None):
        super().__init__(PROGRAM, "--port", "0", *flags, cwd=folder,
                         environment={"RONDEAU_PROFILE": "dev", **(environment or {})})

    def ask(self, method, path, body=None, headers=None):
        """The status, what the JSON says, and the fields."""
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        headers = dict(headers or {})
        if body is not None:
            body = json.dumps(body)
            headers["content-type"] = "application/json"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else text, answer.headers

    def add(self, kind, payload, **more):
        status, job, _ = self.ask("POST", "/jobs", {"kind": kind, "payload": payload, **more})
        equal(status, 202)
        return job["id"]

    def job(self, job_id):
        status, job, _ = self.ask("GET", f"/jobs/{job_id}")
        equal(status, 200)
        return job

    def wait_for(self, job_id, state, seconds=30):
        until(lambda: self.job(job_id)["state"] == state, seconds, f"{job_id} does not become {state}")
        return self.job(job_id)


class Events:
    """Server-sent events as they come (WHATWG HTML, section 9.2)."""

    def __init__(self, service, path, last=None):
        self.connection = http.client.HTTPConnection(*service.address, timeout=30)
        headers = {"accept": "text/event-stream"}
        if last is not None:
            headers["last-event-id"] = str(last)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.retry = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def __iter__(self):
        event = {}
        while line := self.answer.readline():
            line = line.decode().rstrip("\n")
            if not line:
                if "data" in event:
                    yield {**event, "data": json.loads(event["data"])}
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                if name == "retry":
                    self.retry = int(value)
                else:
                    event[name] = value


def run(folder, *flags):
    done = subprocess.run([PROGRAM, *flags], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=30)
    return done.returncode, done.stdout, done.stderr


def the_document_beside_it_is_what_it_prints(folder):
    code, printed, said = run(folder, "--profile", "dev", "--print-openapi")
    equal((code, said), (0, ""))
    with open(os.path.join(FOLDER, "openapi.json"), encoding="utf-8") as file:
        kept = file.read()
    assert printed == kept, "services/jobs/openapi.json is another one: jobs --profile dev --print-openapi"


def a_job_from_its_beginning_to_its_end(folder):
    with Service(folder) as service:
        status, job, headers = service.ask("POST", "/jobs", {"kind": "sleep", "payload": {"seconds": 1.2}})
        equal(status, 202)
        equal(headers["location"], f"/jobs/{job['id']}")
        with Events(service, f"/jobs/{job['id']}/events") as events:
            equal(events.answer.headers["content-type"], "text/event-stream")
            told = list(events)  # it ends with the job
            equal(events.retry, 2000)
        equal([event["data"]["state"] for event in told if event["event"] == "state"], ["ready", "leased", "succeeded"])
        progress = [event["data"]["progress"] for event in told if event["event"] == "progress"]
        assert len(progress) >= 2 and progress == sorted(progress) and progress[-1] < 1, progress
        ids = [int(event["id"]) for event in told]
        equal(ids, sorted(set(ids)))
        # Who comes again gets what came behind.
        with Events(service, f"/jobs/{job['id']}/events", told[1]["id"]) as events:
            equal([int(event["id"]) for event in events], ids[2:])
        with Events(service, f"/jobs/{job['id']}/events", ids[-1]) as events:
            equal(events.status, 204)
        equal(Events(service, "/jobs/none/events").status, 404)
        equal(Events(service, "/events", "x").status, 400)
        for path in ("/healthz", "/readyz"):
            equal(service.ask("GET", path)[0], 200)
        kept = service.job(job["id"])
        equal(service.end(), 0)
    with Service(folder) as service:
        equal(service.job(job["id"]), kept)


def events_of_a_queue_come_from_all_processes(folder):
    """With Last-Event-ID the last 256 that were missed, and how many more there were."""
    with Service(folder) as left, Service(folder) as right, Events(right, "/events?queue=b") as events:
        reader = iter(events)
        left.add("sleep", {"ms": 0}, queue="a")
        first = left.add("sleep", {"ms": 0}, queue="b")
        told = [next(reader) for _ in range(3)]
        equal({event["data"]["job"] for event in told}, {first})
        equal([event["data"]["state"] for event in told], ["ready", "leased", "succeeded"])
        jobs = [left.add("sleep", {"ms": 0}, queue="b") for _ in range(100)]
        for job in jobs:
            left.wait_for(job, "succeeded")
        with Events(left, "/events?queue=b", told[-1]["id"]) as again:
            seen = iter(again)
            lagged = next(seen)
            equal((lagged["event"], lagged["data"]), ("lagged", {"missed": 300 - 256}))
            last = [next(seen) for _ in range(256)]
            ids = [int(event["id"]) for event in last]
            equal(ids, sorted(set(ids)))
            after = left.add("sleep", {"ms": 0}, queue="b")
            equal(next(seen)["data"]["job"], after)


def a_cancel_reaches_the_process_that_runs_it(folder):
    with Service(folder) as runs, Service(folder, "--set", "workers.executors=0") as asks:
        for service in (runs, asks):
            job = asks.add("hash", {"mib": 4096})
            runs.wait_for(job, "leased")
            equal(service.ask("DELETE", f"/jobs/{job}")[0], 202)
            equal(runs.wait_for(job, "cancelled", 10)["attempts"][0]["outcome"], "cancelled")


def what_runs_at_the_end_is_given_back(folder):
    with Service(folder, "--set", "workers.grace=200ms") as service:
        job = service.add("sleep", {"seconds": 2}, max_attempts=1)
        service.wait_for(job, "leased")
        begun = time.monotonic()
        equal(service.end(), 0)
        assert time.monotonic() - begun < 1.5
    with Service(folder) as service:
        equal([each["outcome"] for each in service.wait_for(job, "succeeded")["attempts"]], ["released", "succeeded"])


class Receiver(http.server.BaseHTTPRequestHandler):
    """Fails once, then takes what it is sent."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((dict(self.headers.items()), body))
        self.send_response(503 if len(self.server.taken) == 1 else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def a_webhook_is_signed_and_tried_again(folder):
    secret = b"0123456789abcdef0123456789abcdef"
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    server.taken = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    flags = ["--set", 'webhook.hosts=["127.0.0.1"]', "--set", "webhook.private_addresses=true"]
    known = {"JOBS__WEBHOOK__SECRET": "whsec_" + base64.b64encode(secret).decode()}
    try:
        with Service(folder, *flags, environment=known) as service:
            job = service.add("webhook", {"url": url, "body": {"order": 7}})
            equal(service.wait_for(job, "succeeded")["result"], {"status": 204})
            equal(service.job(job)["attempts"][0]["error"], "answered 503")
            equal(len(server.taken), 2)
            for fields, body in server.taken:
                fields = {name.lower(): value for name, value in fields.items()}
                equal(json.loads(body), {"order": 7})
                equal(fields["webhook-id"], job)
                signed = f"{job}.{fields['webhook-timestamp']}.".encode() + body
                mac = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
                equal(fields["webhook-signature"], f"v1,{mac}")
                assert abs(int(fields["webhook-timestamp"]) - time.time()) < 60
            equal(service.ask("POST", "/jobs", {"kind": "webhook", "payload": {"url": "http://example.org/"}})[0], 422)
        with Service(folder, *flags[:2], environment=known) as service:
            job = service.add("webhook", {"url": url})
            service.wait_for(job, "dead")
            equal(len(server.taken), 2)
    finally:
        server.shutdown()
        server.server_close()


class Witness(http.server.BaseHTTPRequestHandler):
    """Somebody else's view of who runs when: a call lasts a while, and is noted with its start and end."""

    def do_POST(self):
        begun = time.monotonic()
        self.rfile.read(int(self.headers["content-length"]))
        time.sleep(0.2)
        with self.server.lock:
            self.server.calls.setdefault(self.headers["webhook-id"], []).append((begun, time.monotonic()))
        self.send_response(204)
        self.end_headers()

    def handle(self):
        try:
            super().handle()
        except ConnectionError:  # who called was killed
            pass

    def log_message(self, *_):
        pass


def workers_are_killed(folder, *flags):
    """Two processes on one database, each killed at random moments and started again."""
    witness = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Witness)
    witness.calls, witness.lock = {}, threading.Lock()
    threading.Thread(target=witness.serve_forever, daemon=True).start()
    try:
        run_and_kill(folder, witness, *flags)
    finally:
        witness.shutdown()
        witness.server_close()


def some_job(chance, witness):
    pick = chance.random()
    if pick < 0.7:
        return {"kind": "sleep", "payload": {"ms": chance.randrange(400)}}
    if pick < 0.85:
        return {"kind": "hash", "payload": {"mib": 8}}
    return {"kind": "webhook", "payload": {"url": f"http://127.0.0.1:{witness.server_port}/"}}


def run_and_kill(folder, witness, *flags):
    seconds = float(os.environ.get("RONDEAU_JOBS_SECONDS", "10"))
    seed = int(os.environ.get("RONDEAU_JOBS_SEED") or random.randrange(1 << 32))
    print(f"# RONDEAU_JOBS_SEED={seed} RONDEAU_JOBS_SECONDS={seconds:g}", flush=True)
    chance = random.Random(seed)
    flags = ("--set", "workers.lease=1s", "--set", "workers.sweep=200ms", "--set", "log.access=false", "--set",
             'webhook.hosts=["127.0.0.1"]', "--set", "webhook.private_addresses=true", "--set",
             "webhook.secret=0123456789abcdef0123456789abcdef", *flags)
    services = [Service(folder, *flags).__enter__() for _ in range(2)]
    jobs, kills = [], 0
    try:
        end = time.monotonic() + seconds
        next_kill = time.monotonic() + chance.uniform(0.3, 1)
        while time.monotonic() < end:
            if time.monotonic() >= next_kill:
                victim = chance.randrange(2)
                services[victim].process.send_signal(signal.SIGKILL)
                services[victim].__exit__()
                services[victim] = Service(folder, *flags).__enter__()
                kills += 1
                next_kill = time.monotonic() + chance.uniform(0.3, seconds / 5)
            # With its key a job may be put in again where nobody knows whether it was.
            body = {**some_job(chance, witness), "max_attempts": 100}
            status, job, _ = services[chance.randrange(2)].ask("POST", "/jobs", body,
                                                               {"idempotency-key": f"job-{len(jobs)}"})
            equal(status, 202)
            jobs.append(job["id"])
            time.sleep(chance.uniform(0, 0.04))
        # The one that stays needs every lease to run out, and the time before another attempt.
        services[0].process.kill()
        services[0].__exit__()
        survivor = services[1]
        until(lambda: not sum(queue["depth"] + queue["scheduled"] + queue["leased"]
                              for queue in survivor.ask("GET", "/queues")[1]["queues"]), 120, "not all jobs end")
        attempts = 0
        for job_id in jobs:
            job = survivor.job(job_id)
            equal(job["state"], "succeeded")
            attempts += len(job["attempts"])
            equal([each["attempt"] for each in job["attempts"]], list(range(1, len(job["attempts"]) + 1)))
            equal([each["outcome"] == "succeeded" for each in job["attempts"]].count(True), 1)
            for before, after in zip(job["attempts"], job["attempts"][1:]):
                assert before["ended_at"] is not None and before["ended_at"] <= after["started_at"], job
        (queue,) = survivor.ask("GET", "/queues")[1]["queues"]
        equal(queue["succeeded"], len(jobs))
        witnessed = [job_id for job_id in jobs if survivor.job(job_id)["kind"] == "webhook"]
        equal(sorted(witness.calls), sorted(witnessed))
        for calls in witness.calls.values():
            calls.sort()
            assert all(before[1] <= after[0] for before, after in zip(calls, calls[1:])), calls
        print(f"# {len(jobs)} jobs, {kills + 1} kills, {attempts} attempts, {len(witnessed)} of the jobs seen from "
              f"outside in {sum(map(len, witness.calls.values()))} calls", flush=True)
        assert kills > 0
    finally:
        for service in services:
            service.__exit__()


def workers_on_sqlite_are_killed_and_no_job_is_lost(folder):
    workers_are_killed(folder)


def workers_on_postgresql_are_killed_and_no_job_is_lost(folder):
    with PostgresProcess() as server:
        workers_are_killed(folder, "--set", f"database.url={server.url}")


def mistakes_in_the_settings_are_told(folder):
    for mistake in ("workers.lease=10ms", "workers.executors=65", "workers.sweep=1ms", "database.url=mysql:x"):
        code, _, said = run(folder, "--profile", "dev", "--print-routes", "--set", mistake)
        assert code in (69, 78), (mistake, code)
        assert mistake.split("=")[0] in said or "mysql:x" in said, said
    code, _, said = run(folder, "--profile", "dev", "--print-routes", "--set", "webhook.secret=short", "--set",
                        'webhook.hosts=["a.example"]')
    equal(code, 78)
    assert "webhook.secret" in said and "short" not in said.replace("webhook.secret", ""), said


def in_a_folder(test):
    folder = tempfile.mkdtemp(prefix="jobs-")
    try:
        test(folder)
    finally:
        shutil.rmtree(folder)


TESTS = [
    the_document_beside_it_is_what_it_prints,
    a_job_from_its_beginning_to_its_end,
    events_of_a_queue_come_from_all_processes,
    a_cancel_reaches_the_process_that_runs_it,
    what_runs_at_the_end_is_given_back,
    a_webhook_is_signed_and_tried_again,
    workers_on_sqlite_are_killed_and_no_job_is_lost,
    workers_on_postgresql_are_killed_and_no_job_is_lost,
    mistakes_in_the_settings_are_told,
]

tap.run("jobs", TESTS, in_a_folder)
