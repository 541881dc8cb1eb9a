#!/usr/bin/env python3
"""Asks feature_server through curl: curl_test.py PROGRAM. Speaks TAP; skipped where there is no curl."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib

import tap
from server_process import ServerProcess

PROGRAM = sys.argv[1]
CURL = shutil.which("curl")
CONTENT = "".join(f"line {line:010d}\n" for line in range(65536)).encode()


class Server(ServerProcess):
    def __init__(self, directory):
        super().__init__(PROGRAM, "0", "2", directory)

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def curl(self, *arguments, input=None, code=0):
        """What curl prints, as bytes. The last argument is a path."""
        *options, path = arguments
        done = subprocess.run([CURL, "--silent", "--show-error", "--max-time", "20", *options, self.base + path],
                              input=input, capture_output=True, timeout=30, check=False)
        assert done.returncode == code, f"curl {arguments} ended with {done.returncode}: {done.stderr!r}"
        return done.stdout

    def peak_memory(self):
        """In KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s*(\d+) kB", file.read()).group(1))

    def status(self, *arguments):
        return self.curl("--output", os.devnull, "--write-out", "%{http_code}", *arguments).decode()


class Fields(dict):
    """The fields of the last head in what `curl --include` or `--head` printed."""

    def __init__(self, text):
        head = text.decode("latin-1").split("\r\n\r\n")[0]
        super().__init__((name.lower(), value) for name, value in re.findall(r"^([^:\r\n]+): ([^\r\n]*)", head, re.M))


def ranges(server, _):
    assert server.curl("--range", "16-31", "/memory") == CONTENT[16:32]
    assert server.curl("--range", "-16", "/memory") == CONTENT[-16:]
    assert server.curl("--range", "100000-", "/files/big.txt") == CONTENT[100000:]
    assert server.curl("/files/big.txt") == CONTENT
    assert server.status("--range", "0-0", "/files/big.txt") == "206"
    assert server.status("--range", "99999999-", "/files/big.txt") == "416"
    several = server.curl("--include", "--range", "0-15,32-47", "/files/big.txt")
    fields = Fields(several)
    assert fields["content-type"].startswith("multipart/byteranges; boundary="), fields
    body = several.split(b"\r\n\r\n", 1)[1]
    assert len(body) == int(fields["content-length"])
    assert CONTENT[:16] in body and CONTENT[32:48] in body and CONTENT[16:32] not in body


def built_with(coding):
    """Whether this curl decodes it."""
    name = {"br": "brotli", "zstd": "zstd", "gzip": "libz"}[coding]
    features = subprocess.run([CURL, "--version"], capture_output=True, text=True, check=True).stdout.lower()
    return re.search(rf"^features:.*\b{name}\b", features, re.M) is not None


def compressed(server, _):
    """curl decodes what it asked for; what comes is what would have come without."""
    # Who sends what it does not know is told what it was built with.
    refused = server.curl("--include", "--data-binary", "x", "--header", "content-encoding: x", "/echo")
    codings = Fields(refused)["accept-encoding"].split(", ")
    for path in ("/text", "/stream", "/files/big.txt"):
        plain = server.curl(path)
        assert server.curl("--compressed", path) == plain, path
        for coding in filter(built_with, set(codings) & {"gzip", "br", "zstd"}):
            asked = ["--header", f"accept-encoding: {coding}"]
            fields = Fields(server.curl("--head", *asked, path))
            assert fields.get("content-encoding") == coding, (path, coding, fields)
            assert fields["vary"].lower() == "accept-encoding" and "content-length" not in fields, fields
            assert server.curl("--compressed", *asked, path) == plain, (path, coding)
            small = int(server.curl("--output", os.devnull, "--write-out", "%{size_download}", *asked, path))
            assert path == "/stream" or small < len(plain) / 3, (path, coding, small)
    assert "content-encoding" not in Fields(server.curl("--head", "--compressed", "/secret"))
    assert "content-encoding" not in Fields(server.curl("--head", "--compressed", "/ticks"))
    fields = Fields(server.curl("--include", "--compressed", "--range", "0-15", "/memory"))
    assert "content-encoding" not in fields and fields["content-length"] == "16", fields
    assert server.status("--header", "accept-encoding: *;q=0", "/text") == "406"


def compressed_uploads(server, _):
    def post(path, coding, body, *options):
        return server.curl("--data-binary", "@-", "--header", f"content-encoding: {coding}", *options, path, input=body)

    if server.status("--data-binary", "", "--header", "content-encoding: gzip", "/echo") == "415":
        return  # it was built without zlib
    content = CONTENT[:200_000]
    assert post("/echo", "gzip", gzip.compress(content)) == content
    assert post("/echo", "deflate", zlib.compress(content)) == content
    assert post("/upload", "gzip", gzip.compress(CONTENT)) == f"{len(CONTENT)}\n".encode()
    assert post("/upload", "gzip, gzip", gzip.compress(gzip.compress(content[:50_000]))) == b"50000\n"
    code = ("--output", os.devnull, "--write-out", "%{http_code}")
    assert post("/echo", "gzip", gzip.compress(content)[:-1], *code) == b"400"
    assert post("/echo", "gzip", gzip.compress(content) + b"x", *code) == b"400"
    assert post("/echo", "compress", content, *code) == b"415"
    bomb = gzip.compress(bytes(1024 * 1024)) * 10_240  # 10 GB in 10 MB
    before = server.peak_memory()
    for path in ("/echo", "/upload"):
        assert post(path, "gzip", bomb, *code) == b"413", path
    assert server.peak_memory() - before < 32 * 1024, "KiB of memory for a bomb"


def resume(server, directory):
    """As a download that broke off goes on."""
    target = os.path.join(directory, "download")
    for path in ("/memory", "/files/big.txt"):
        with open(target, "wb") as file:
            file.write(CONTENT[:333_333])
        server.curl("--continue-at", "-", "--output", target, path)
        with open(target, "rb") as file:
            assert file.read() == CONTENT, path
    os.remove(target)


def conditions(server, directory):
    tag = os.path.join(directory, "tag")
    for path in ("/memory", "/files/big.txt", "/"):
        assert server.status("--etag-save", tag, path) == "200"
        assert server.status("--etag-compare", tag, path) == "304", path
    date = Fields(server.curl("--head", "/files/big.txt"))["last-modified"]
    assert server.status("--time-cond", date, "/files/big.txt") == "304"
    assert server.status("--header", "If-Unmodified-Since: " + date, "/files/big.txt") == "200"
    assert server.status("--header", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "/files/big.txt") == "412"
    assert server.status("--time-cond", "Sun, 06 Nov 1994 08:49:37 GMT", "/memory") == "304"
    assert server.status("--request", "PUT", "--header", 'If-Match: "v1"', "/memory") == "204"
    assert server.status("--request", "PUT", "--header", 'If-Match: "v0"', "/memory") == "412"
    assert server.status("--request", "PUT", "--header", "If-None-Match: *", "/memory") == "412"
    os.remove(tag)


def early_hints(server, _):
    both = server.curl("--include", "/hints")
    assert both.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </app.css>; rel=preload; as=style\r\n\r\nHTTP/1.1 200 OK"), both
    assert server.curl("--include", "--http1.0", "/hints").startswith(b"HTTP/1.1 200 OK")


def files(server, directory):
    head = Fields(server.curl("--head", "/files/index.html"))
    assert head["content-type"] == "text/html; charset=utf-8"
    assert head["cache-control"] == "no-cache"
    assert head["x-content-type-options"] == "nosniff"
    assert server.curl("--location", "/files") == b"<p>home"
    assert server.status("/files") == "308"
    assert server.curl("--compressed", "/files/app.js") == b"app()"
    assert Fields(server.curl("--compressed", "--include", "/files/app.js"))["content-encoding"] == "gzip"
    for path in ("/files/../secret", "/files/%2e%2e/secret", "/files/..%2fsecret", "/files/out", "/files/.hidden"):
        assert server.status("--path-as-is", path) in ("400", "404"), path
    saved = os.path.join(directory, "saved")
    os.mkdir(saved)
    server.curl("--remote-name", "--remote-header-name", "--output-dir", saved, "/attachment")
    assert os.listdir(saved) == ["n_e.txt"]


def streams(server, _):
    assert server.curl("/stream") == b"".join(b"part %d of 8\n" % part for part in range(1, 9))
    assert server.curl("--http1.0", "/stream").endswith(b"part 8 of 8\n")
    with_trailers = server.curl("--include", "--raw", "--header", "TE: trailers", "/trailers")
    assert with_trailers.endswith(b"6\r\nhello\n\r\n0\r\nx-length: 6\r\n\r\n"), with_trailers
    assert server.curl("--raw", "/trailers") == b"6\r\nhello\n\r\n0\r\n\r\n"


def events(server, _):
    text = server.curl("--no-buffer", "/events")
    assert text.count(b"event: count\n") == 5
    assert text.startswith(b"event: count\nid: 1\ndata: event 1\n\n")
    assert server.curl("--header", "Last-Event-ID: 3", "/events").startswith(b"event: count\nid: 4\n")


def uploads(server, _):
    body = CONTENT * 8
    assert server.curl("--data-binary", "@-", "/upload", input=body) == b"%d\n" % len(body)
    assert server.curl("--upload-file", "-", "/upload", input=body) == b"%d\n" % len(body)  # chunked


def draining(server, _):
    """A stream without an end comes to one, and says when to come again."""
    listening = subprocess.Popen([CURL, "--silent", "--no-buffer", "--max-time", "20", server.base + "/ticks"],
                                 stdout=subprocess.PIPE)
    try:
        assert listening.stdout.readline() == b"id: 1\n"
        server.process.terminate()
        rest = listening.stdout.read()
        assert re.search(rb"\n\nretry: [1-5]\d{3}\n\n$", rest), rest
        assert listening.wait(timeout=20) == 0
    finally:
        if listening.poll() is None:
            listening.kill()
        listening.communicate()
    assert server.wait() == 0


TESTS = (ranges, resume, compressed, compressed_uploads, conditions, early_hints, files, streams, events, uploads,
         draining)


def make_files(directory):
    public = os.path.join(directory, "public")
    os.mkdir(public)
    for name, content in (("big.txt", CONTENT), ("index.html", b"<p>home"), ("app.js", b"app()"), (".hidden", b"x")):
        with open(os.path.join(public, name), "wb") as file:
            file.write(content)
    with open(os.path.join(public, "app.js.gz"), "wb") as file:
        file.write(subprocess.run(["gzip", "-c"], input=b"app()", capture_output=True, check=True).stdout)
    with open(os.path.join(directory, "secret"), "wb") as file:
        file.write(b"secret")
    os.symlink("../secret", os.path.join(public, "out"))
    return public


def main():
    if CURL is None:
        tap.skip_all("there is no curl")
    with tempfile.TemporaryDirectory() as directory, Server(make_files(directory)) as server:
        tap.run("curl", TESTS, lambda test: test(server, directory))


if __name__ == "__main__":
    main()
