#!/usr/bin/env python3
"""Restarts a service under load, in each of the ways it is deployed, and loses no request:
rolling_restart_test.py SHORTLINK. Speaks TAP."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import tap
from server_process import ServerProcess, free_port
from tap import equal, need, until

PROGRAM = os.path.abspath(sys.argv[1])
RESTARTS = 3
AT_LEAST = 1000

NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream service {{
    # Refused is refused: the other one is asked. nginx would not look at it again for two seconds otherwise.
    server 127.0.0.1:{first} max_fails=0;
    server 127.0.0.1:{second} max_fails=0;
    keepalive 16;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""

HAPROXY = """
global
  maxconn 256
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  retries 3
  option redispatch
  retry-on conn-failure empty-response response-timeout
frontend all
  bind 127.0.0.1:{port}
  default_backend service
backend service
  option httpchk GET /readyz
  default-server check inter 200ms fall 1 rise 1
  server first 127.0.0.1:{first}
  server second 127.0.0.1:{second}
"""


class Service(ServerProcess):
    """Ready and not ready for a while before it stops listening, as behind a balancer that looks."""

    def __init__(self, folder, *flags, environment=None, **options):
        super().__init__(PROGRAM, *flags, "--set", "shutdown.drain_delay=600ms", "--set", "log.access=false", "--set",
                         f"database.url=sqlite:{folder}/links.db", cwd=folder,
                         environment={"RONDEAU_PROFILE": "prod", **(environment or {})}, **options)


class Load:
    """Clients that ask for a link one after the other, over connections that are kept as long as the server keeps them."""

    def __init__(self, port, clients=6):
        self.port = port
        self.answered = 0
        self.failures = []
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.ask_on) for _ in range(clients)]

    def ask_on(self):
        connection = None
        while not self.stop.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", "/kept")
                answer = connection.getresponse()
                answer.read()
                if answer.status != 302:
                    raise AssertionError(f"{answer.status}")
                with self.lock:
                    self.answered += 1
                if connection.sock is None:  # it said Connection: close
                    connection = None
                time.sleep(0.001)
            except Exception as error:  # whatever it is, somebody was not served
                with self.lock:
                    self.failures.append(repr(error))
                connection = None

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def go_on_for(self, requests):
        goal = self.answered + requests
        until(lambda: self.answered >= goal or self.failures)


def make_link(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/links", '{"url": "https://example.org/", "alias": "kept"}', {"content-type": "application/json"})
    equal(connection.getresponse().status, 201)
    connection.close()


def behind(folder, balancer, port, ports):
    """Two processes, one after the other restarted, three times."""
    services = [Service(folder, "--port", str(each)).__enter__() for each in ports]
    try:
        make_link(ports[0])
        process = subprocess.Popen(balancer, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: connects(port))
            until(lambda: status_of(port) == 302)
            with Load(port) as load:
                for _ in range(RESTARTS):
                    for index, each in enumerate(ports):
                        load.go_on_for(100)
                        equal(services[index].end(), 0)
                        services[index] = Service(folder, "--port", str(each)).__enter__()
                        until(lambda: status_of(each, "/readyz") == 200)
                        time.sleep(1)  # a balancer that looks has seen it
                load.go_on_for(max(100, AT_LEAST - load.answered))
            equal(load.failures, [])
        finally:
            process.kill()
            process.wait()
        for service in services:
            equal(service.end(), 0)
    finally:
        for service in services:
            service.__exit__()


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False


def status_of(port, path="/kept"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def behind_nginx(folder):
    nginx = need("nginx")
    port, first, second = free_port(), free_port(), free_port()
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(NGINX.format(folder=folder, port=port, first=first, second=second))
    behind(folder, [nginx, "-p", folder, "-c", path], port, (first, second))


def behind_haproxy(folder):
    haproxy = need("haproxy")
    port, first, second = free_port(), free_port(), free_port()
    path = os.path.join(folder, "haproxy.cfg")
    with open(path, "w", encoding="ascii") as file:
        file.write(HAPROXY.format(port=port, first=first, second=second))
    behind(folder, [haproxy, "-q", "-f", path], port, (first, second))


def with_a_socket_that_stays_open(folder):
    """As a socket unit has it: what connects while nobody accepts waits in the backlog."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        port = listener.getsockname()[1]

        def start():
            # The shell becomes the program: LISTEN_PID is its own, and the socket is descriptor 3.
            service = ServerProcess(
                "/bin/sh", "-c", 'exec 3<&"$0"; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http exec "$@"', str(listener.fileno()),
                PROGRAM, "--set", "log.access=false", "--set", f"database.url=sqlite:{folder}/links.db", cwd=folder,
                environment={"RONDEAU_PROFILE": "dev"}, pass_fds=(listener.fileno(),))
            return service.__enter__()

        service = start()
        try:
            make_link(port)
            with Load(port) as load:
                for _ in range(2 * RESTARTS):
                    load.go_on_for(100)
                    equal(service.end(), 0)
                    service = start()
                load.go_on_for(max(100, AT_LEAST - load.answered))
            equal(load.failures, [])
            equal(service.end(), 0)
        finally:
            service.__exit__()


def in_a_folder(test):
    folder = tempfile.mkdtemp(prefix="rolling-")
    try:
        test(folder)
    finally:
        shutil.rmtree(folder)


tap.run("no request is lost in restarts", [
    behind_nginx,
    behind_haproxy,
    with_a_socket_that_stays_open,
], in_a_folder)
