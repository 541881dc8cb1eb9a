#!/usr/bin/env python3
"""Asks servers of HTTP/2, nghttpd and ours, through client_driver. Speaks TAP.

client_http2_test.py CLIENT_DRIVER REFERENCE_SERVER
"""

import os
import sys

import tap
from client_driver import TEXT, Driver, ForeignServer, World, line_of
from server_process import ServerProcess, free_port
from tls_server import Server

ask = Driver(sys.argv[1]).ask
REFERENCE = os.path.abspath(sys.argv[2])
BIG = b"x" * (8 * 1024 * 1024)
PRIOR = {"PROBE_HTTP2": "prior"}


class Nghttpd(ForeignServer):
    """nghttpd with the files of a folder, which speaks HTTP/2 and nothing else."""

    def __init__(self, world, *options, secure=False):
        program, folder, port = tap.need("nghttpd"), world.new_folder(), free_port()
        with open(os.path.join(folder, "text.txt"), "wb") as out:
            out.write(TEXT)
        ends = ["--no-tls", str(port)]
        if secure:
            certificate, key = world.authority.issue(f"nghttpd-{port}")
            ends = [str(port), key, certificate]
        super().__init__(port, program, "-a", "127.0.0.1", "-d", folder, *options, *ends)
        self.base = f"{'https' if secure else 'http'}://localhost:{port}"


def nghttpd_by_prior_knowledge(world):
    with Nghttpd(world) as server:
        urls = [server.base + "/text.txt", server.base + "/none", server.base + "/text.txt"]
        lines = ask("GET", *urls, **PRIOR)
        assert lines[0] == lines[2] == line_of(200, TEXT) and lines[1].startswith("OK 404 "), lines
        tap.equal(ask("HEAD", server.base + "/text.txt", server.base + "/text.txt", **PRIOR), [line_of(200, b"")] * 2)
        # It begins with frames, whatever it is asked.
        tap.equal(ask("GET", server.base + "/text.txt"), ["ERR protocol"])


def nghttpd_by_alpn(world):
    with Nghttpd(world, secure=True) as server:
        tap.equal(ask("GET", *[server.base + "/text.txt"] * 20, **world.trusting()), [line_of(200, TEXT)] * 20)
        (line,) = ask("GET", server.base + "/text.txt", PROBE_HTTP2="never", **world.trusting())
        assert line.startswith("ERR "), line


def uploads_through_small_windows(world):
    with Nghttpd(world, "--echo-upload", "-w", "14", "-W", "14") as server:
        tap.equal(ask("POSTBIG", server.base + "/echo", **PRIOR), [line_of(200, BIG)])
        tap.equal(ask("POST", *[server.base + "/echo"] * 3, **PRIOR), [line_of(200, b"payload-payload!")] * 3)


def trailers_padding_and_few_streams(world):
    with Nghttpd(world, "-m", "1", "--trailer", "x: y", "-b", "200", secure=True) as server:
        tap.equal(ask("GET", *[server.base + "/text.txt"] * 3, **world.trusting()), [line_of(200, TEXT)] * 3)


def answers_before_the_upload(world):
    with Nghttpd(world, "--early-response") as server:
        tap.equal(ask("POSTBIG", server.base + "/text.txt", **PRIOR), [line_of(200, TEXT)])


def our_own_server(world):
    parts = "".join(f"part {part} of 8\n" for part in range(1, 9)).encode()

    def check(base, **environment):
        tap.equal(ask("GET", base + "/", base + "/stream", base + "/big", base + "/nocontent", **environment),
                  [line_of(200, b"Hello, World!"), line_of(200, parts), line_of(200, BIG), line_of(204, b"")])
        tap.equal(ask("POST", base + "/echo", **environment), [line_of(200, b"payload-payload!")])

    with ServerProcess(REFERENCE, "0", "1") as server:
        check(f"http://127.0.0.1:{server.port}", **PRIOR)
    with Server(REFERENCE, *world.authority.issue("ours")) as server:
        check(f"https://localhost:{server.port}", **world.trusting())
        check(f"https://localhost:{server.port}", PROBE_HTTP2="never", **world.trusting())
        check(f"https://localhost:{server.port}", **PRIOR, **world.trusting())


tap.run("http client: HTTP/2", [nghttpd_by_prior_knowledge, nghttpd_by_alpn, uploads_through_small_windows,
                                trailers_padding_and_few_streams, answers_before_the_upload, our_own_server],
        lambda test, world=World(): test(world))
