#!/usr/bin/env python3
"""What a service tells of itself, read by others: spans by a collector: telemetry_test.py SHORTLINK. Speaks TAP."""

import http.client
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

import tap
from server_process import ServerProcess
from tap import equal, until

PROGRAM = os.path.abspath(sys.argv[1])
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Service(ServerProcess):
    def __init__(self, folder, *flags, environment=None):
        super().__init__(PROGRAM, "--port", "0", "--admin", "127.0.0.1:0", *flags, cwd=folder,
                         environment={"RONDEAU_PROFILE": "dev", **(environment or {})})

    def find_admin(self):
        return ("127.0.0.1", int(re.search(r"at=127\.0\.0\.1:(\d+)", self.line_with("service: admin"))[1]))


def ask(address, path, method="GET", headers=None):
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Collector:
    """Takes what is sent to /v1/traces, after it has answered what `first` says."""

    def __init__(self, first=()):
        self.requests = []
        self.first = list(first)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.first.pop(0) if outer.first else 200
                outer.requests.append((status, self.path, {key.lower(): value for key, value in self.headers.items()}, json.loads(body)))
                self.send_response(status)
                self.send_header("Content-Length", "2")
                if status == 503:
                    self.send_header("Retry-After", "0")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server.server_address[1]

    def spans(self):
        return [span for status, _, _, body in self.requests if status == 200 for each in body["resourceSpans"]
                for scope in each["scopeSpans"] for span in scope["spans"]]


def attributes(span):
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


# §3.7 of the design, as far as one service without a client has them.
METRICS = {
    "http_server_request_duration_seconds": "histogram", "http_server_active_requests": "gauge",
    "http_server_request_body_size_bytes": "histogram", "http_server_response_body_size_bytes": "histogram",
    **{"rondeau_runtime_" + name: "gauge" for name in (
        "workers", "alive_tasks", "inject_queue_depth", "blocking_threads", "blocking_queue_depth", "fds_registered",
        "timers_pending", "timer_lateness_seconds", "longest_poll_seconds", "worker_local_queue_depth", "worker_poll_seconds")},
    **{"rondeau_runtime_" + name: "counter" for name in (
        "spawned_tasks_total", "remote_schedules_total", "forced_yields_total", "io_ready_total", "worker_parks_total",
        "worker_polls_total", "worker_steals_total", "worker_steal_operations_total", "worker_local_schedules_total",
        "worker_overflows_total", "worker_busy_seconds_total")},
    "process_cpu_seconds_total": "counter", "process_resident_memory_bytes": "gauge", "process_open_fds": "gauge",
    "process_max_fds": "gauge", "process_start_time_seconds": "gauge", "target_info": "gauge",
    "log_dropped_total": "counter",
}
BUCKETS = ["0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5", "10", "+Inf"]


def metrics_have_their_names_kinds_and_buckets(folder):
    with Service(folder) as service:
        admin = service.find_admin()
        for path in ("/healthz", "/none", "/links/none"):
            ask(service.address, path)
        ask(service.address, "/links", "POST")
        status, page = ask(admin, "/metrics")
        equal(status, 200)
        kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.M))
        equal({name: kinds.get(name) for name in METRICS}, METRICS)
        equal(len(re.findall(r"^# HELP ", page, re.M)), len(kinds))
        bounds = re.findall(r'http_server_request_duration_seconds_bucket\{http_request_method="GET",'
                            r'http_route="/healthz",http_response_status_code="200",le="([^"]+)"\}', page)
        equal(bounds, BUCKETS)
        assert 'target_info{service_name="shortlink",service_version="' in page, page
        workers = set(re.findall(r'rondeau_runtime_worker_polls_total\{worker="(\d+)"\}', page))
        equal(len(workers), int(float(re.search(r"^rondeau_runtime_workers (\S+)$", page, re.M)[1])))
        equal(service.end(), 0)


def random_paths_and_methods_make_no_series(folder):
    with Service(folder, "--set", "log.access=false") as service:
        admin = service.find_admin()
        connection = http.client.HTTPConnection(*service.address, timeout=30)
        def count():
            return sum(line.startswith("http_server_request_duration_seconds_count") for line in
                       ask(admin, "/metrics")[1].splitlines())
        for number in range(3000):
            connection.request("GET" if number % 2 else f"M{number % 500}", f"/{number}/{number * 7919}/x")
            connection.getresponse().read()
        equal(count() <= 4, True)
        connection.close()
        equal(service.end(), 0)


def spans_reach_a_collector_that_is_busy_at_first(folder):
    with Collector(first=[503, 503]) as collector:
        with Service(folder, "--set", f"trace.endpoint={collector.url}", "--set", "trace.headers=x-tenant=shop",
                     environment={"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test"}) as service:
            ask(service.address, "/healthz", headers={"traceparent": CALLER})
            ask(service.address, "/none")
            until(lambda: len(collector.requests) >= 3, seconds=60)
            equal([status for status, _, _, _ in collector.requests], [503, 503, 200])
            _, path, headers, body = collector.requests[-1]
            equal((path, headers["x-tenant"], headers["content-type"]), ("/v1/traces", "shop", "application/json"))
            equal(collector.requests[0][3], body)
            resource = attributes(body["resourceSpans"][0]["resource"])
            equal((resource["service.name"], resource["deployment.environment.name"]), ("shortlink", "test"))
            mine = [span for span in collector.spans() if span["traceId"] == CALLER.split("-")[1]]
            equal([(span["name"], span["kind"], span["parentSpanId"]) for span in mine],
                  [("GET /healthz", 2, CALLER.split("-")[2])])
            assert int(mine[0]["startTimeUnixNano"]) <= int(mine[0]["endTimeUnixNano"]) <= time.time_ns(), mine
            # What was not sent yet is, before the process ends.
            ask(service.address, "/links/none")
            equal(service.end(), 0)
        assert any(attributes(span).get("url.path") == "/links/none" for span in collector.spans()), collector.spans()


def a_collector_that_is_not_there_costs_nobody_anything(folder):
    with Service(folder, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}) as service:
        for _ in range(50):
            equal(ask(service.address, "/healthz")[0], 200)
        begun = time.monotonic()
        equal(service.end(), 0)
        assert time.monotonic() - begun < 10, "it waited for the collector"
        service.line_with("spans are dropped")


def lines_for_the_journal_begin_with_their_priority(folder):
    path = os.path.join(folder, "journal")
    for named, prefix in ((True, "<7>"), (False, "2")):
        with open(path, "w", encoding="utf-8") as journal:
            found = os.fstat(journal.fileno())
            stream = f"{found.st_dev}:{found.st_ino if named else found.st_ino + 1}"
            subprocess.run([PROGRAM, "--migrate", "--log-level", "debug"], cwd=folder, stdin=subprocess.DEVNULL, stderr=journal,
                           timeout=30, check=True, env={**os.environ, "RONDEAU_PROFILE": "dev", "JOURNAL_STREAM": stream})
        with open(path, encoding="utf-8") as journal:
            lines = [line for line in journal if "service: stopped" in line]
        assert lines and all(line.startswith(prefix) for line in lines), lines


TESTS = [
    lines_for_the_journal_begin_with_their_priority,
    metrics_have_their_names_kinds_and_buckets,
    random_paths_and_methods_make_no_series,
    spans_reach_a_collector_that_is_busy_at_first,
    a_collector_that_is_not_there_costs_nobody_anything,
]


def in_a_folder(test):
    with tempfile.TemporaryDirectory(prefix="telemetry-") as folder:
        test(folder)


tap.run("telemetry", TESTS, in_a_folder)
