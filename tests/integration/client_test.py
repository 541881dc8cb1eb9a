#!/usr/bin/env python3
"""Asks servers of others, and ours, through client_driver and an example. Speaks TAP.

client_test.py CLIENT_DRIVER REFERENCE_SERVER [EXAMPLE]
"""

import os
import re
import signal
import subprocess
import sys
import time

import tap
from client_driver import TEXT, Driver, ForeignServer, World, line_of
from server_process import ServerProcess, free_port

DRIVER = Driver(sys.argv[1])
REFERENCE = os.path.abspath(sys.argv[2])
ask = DRIVER.ask


class Nginx(ForeignServer):
    """nginx with the files of a folder: over TCP and over TLS."""

    CONFIGURATION = """
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
  types {{ text/plain txt; }}
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {folder}/files;
    location /zipped/ {{ alias {folder}/files/; gzip on; gzip_types text/plain; gzip_min_length 1; }}
    location = /moved {{ return 301 /text.txt; }}
    location = /see {{ return 303 /text.txt; }}
    location = /away {{ return 302 http://localhost:{port}/who; }}
    location = /who {{ return 200 "$http_authorization|$http_cookie"; }}
    location = /loop {{ return 302 /loop; }}
    location = /chain {{ if ($arg_n = "") {{ return 302 /chain?n=1; }} return 302 /chain?n=$arg_n$arg_n; }}
    location = /none {{ return 204; }}
    location = /closes {{ keepalive_timeout 0; return 200 "closed"; }}
    location = /refuses {{ client_max_body_size 1k; proxy_pass http://127.0.0.1:{port}/text.txt; }}
  }}
}}
"""

    def __init__(self, world):
        nginx, folder = tap.need("nginx"), world.new_folder()
        port, tls_port = free_port(), free_port()
        certificate, key = world.authority.issue("nginx")
        os.makedirs(os.path.join(folder, "files"))
        with open(os.path.join(folder, "files", "text.txt"), "wb") as out:
            out.write(TEXT)
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="ascii") as out:
            out.write(self.CONFIGURATION.format(folder=folder, port=port, tls_port=tls_port,
                                                certificate=certificate, key=key))
        super().__init__(tls_port, nginx, "-p", folder, "-c", path)
        self.base = f"http://127.0.0.1:{port}"
        self.secure = f"https://localhost:{tls_port}"


def nginx_over_tcp_and_tls(world):
    with Nginx(world) as server:
        tap.equal(ask("GET", server.base + "/text.txt", server.base + "/none", server.base + "/text.txt"),
                  [line_of(200, TEXT), line_of(204, b""), line_of(200, TEXT)])
        tap.equal(ask("GET", server.secure + "/text.txt", server.secure + "/zipped/text.txt", **world.trusting()),
                  [line_of(200, TEXT), line_of(200, TEXT)])
        tap.equal(ask("HEAD", server.base + "/text.txt"), [line_of(200, b"")])


def nginx_compresses(world):
    with Nginx(world) as server:
        tap.equal(ask("GET", server.base + "/zipped/text.txt"), [line_of(200, TEXT)])


def a_certificate_of_nobody_is_refused(world):
    with Nginx(world) as server:
        tap.equal(ask("GET", server.secure + "/text.txt"), ["ERR tls"])
        tap.equal(ask("GET", f"https://127.0.0.2:{server.port}/text.txt", **world.trusting()), ["ERR connect"])


def redirections(world):
    with Nginx(world) as server:
        tap.equal(ask("GET", server.base + "/moved", server.base + "/see"), [line_of(200, TEXT)] * 2)
        tap.equal(ask("POST", server.base + "/see"), [line_of(200, TEXT)])
        tap.equal(ask("GET", server.base + "/loop"), ["ERR too_many_redirects"])
        tap.equal(ask("GET", server.base + "/chain"), ["ERR too_many_redirects"])
        # Another host, and so another origin: it hears nothing of secrets.
        tap.equal(ask("GET", server.base + "/who", server.base + "/away", PROBE_AUTH="1"),
                  [line_of(200, b"Bearer probe-secret|sid=probe-secret"), line_of(200, b"|")])


def connections_that_are_not_kept(world):
    with Nginx(world) as server:
        tap.equal(ask("GET", *[server.base + "/closes"] * 3), [line_of(200, b"closed")] * 3)


def an_upload_that_is_refused(world):
    with Nginx(world) as server:
        (line,) = ask("POSTBIG", server.base + "/refuses")
        assert line.startswith("OK 413 "), line


def nginx_that_freezes_and_goes(world):
    with Nginx(world) as server:
        server.process.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        tap.equal(ask("GET", server.base + "/text.txt"), ["ERR total_timeout"])
        assert 2.9 < time.monotonic() - begun < 10
        server.process.send_signal(signal.SIGCONT)
        tap.equal(ask("GET", server.base + "/text.txt"), [line_of(200, TEXT)])
        server.process.kill()
        server.process.wait()
        tap.equal(ask("GET", server.base + "/text.txt"), ["ERR connect"])


def our_own_server(_):
    with ServerProcess(REFERENCE, "0", "1") as server:
        base = f"http://127.0.0.1:{server.port}"
        parts = "".join(f"part {part} of 8\n" for part in range(1, 9)).encode()
        tap.equal(ask("GET", base + "/", base + "/stream", base + "/big", base + "/nocontent"),
                  [line_of(200, b"Hello, World!"), line_of(200, parts), line_of(200, b"x" * (8 * 1024 * 1024)),
                   line_of(204, b"")])
        tap.equal(ask("POST", base + "/echo"), [line_of(200, b"payload-payload!")])


def the_example(_):
    if len(sys.argv) < 4:
        raise tap.Skip("the example is not built")
    with ServerProcess(REFERENCE, "0", "1") as server:
        base = f"http://127.0.0.1:{server.port}"
        done = subprocess.run([os.path.abspath(sys.argv[3]), base + "/", base + "/big", f"http://127.0.0.1:{free_port()}/"],
                              capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done
        lines = sorted(re.sub(r"\d+ ms", "N ms", re.sub(r"127\.0\.0\.1:\d+", "HOST", line)) for line in done.stdout.splitlines())
        tap.equal(lines, ["GET http://HOST/: connect HOST: connection refused (connecting, attempt 2)",
                          "http://HOST/: 200 after N ms, 13 bytes after N ms",
                          "http://HOST/big: 200 after N ms, 8388608 bytes after N ms"])


def usage(_):
    done = subprocess.run([DRIVER.program], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 2 and "METHOD URL" in done.stderr, done


tap.run("http client", [nginx_over_tcp_and_tls, nginx_compresses, a_certificate_of_nobody_is_refused, redirections,
                        connections_that_are_not_kept, an_upload_that_is_refused, nginx_that_freezes_and_goes,
                        our_own_server, the_example, usage],
        lambda test, world=World(): test(world))
