#!/usr/bin/env python3
"""Drives the reference server with foreign clients of HTTP/2: http2_test.py PROGRAM. Speaks TAP.

curl, nghttp and h2load ask for what they can; frames by hand say what no honest client would. Tests of a client that
is not installed are skipped.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import tap
from server_process import ServerProcess
from tap import Skip, need

try:
    import hpack
except ImportError:
    tap.want_system_python()
    hpack = None

PROGRAM = sys.argv[1]
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = range(5)
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION, UNKNOWN = 6, 7, 8, 9, 0xBF
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PADDED = 8
INITIAL_WINDOW_SIZE = 4
PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, CANCEL, CALM = 1, 3, 5, 8, 11


class Server(ServerProcess):
    def __init__(self, workers=2, certificate=None):
        super().__init__(PROGRAM, "0", str(workers),
                         environment={"TLS_CERT": certificate, "TLS_KEY": certificate} if certificate else None)
        self.scheme = "https" if certificate else "http"

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def run(self, *command, **options):
        done = subprocess.run(command, capture_output=True, timeout=60, **options)
        assert done.returncode == 0, f"{command}: {done.returncode} {done.stderr.decode()}"
        return done.stdout

    def curl(self, path, *flags):
        return self.run("curl", "-sS", "--max-time", "20", "--http2-prior-knowledge", *flags, self.url + path)


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


class Peer:
    """A connection that says what it is told, in frames, and remembers what it hears."""

    def __init__(self, server):
        if hpack is None:
            raise Skip("python3-hpack is not installed")
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        self.next_stream = 1
        self.rest = b""
        self.status = {}
        self.data = {}
        self.ended = set()
        self.resets = {}
        self.goaway = None
        self.closed = False
        self.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def raw(self, data):
        try:
            self.socket.settimeout(10)
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.closed = True

    def request(self, path="/", method="GET", end=True):
        fields = [(":method", method), (":scheme", "http"), (":authority", "test"), (":path", path)]
        return self.request_with(fields, end)

    def request_with(self, fields, end=True):
        stream = self.next_stream
        self.next_stream += 2
        self.raw(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, self.encoder.encode(fields)))
        return stream

    def hear(self, until, seconds=10):
        """Listens until the condition holds or the connection ends."""
        deadline = time.monotonic() + seconds
        while not until() and not self.closed and time.monotonic() < deadline:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                got = self.socket.recv(65536)
            except socket.timeout:
                break
            except ConnectionResetError:
                got = b""
            self.closed |= not got
            self.rest += got
            while len(self.rest) >= 9 and len(self.rest) >= 9 + int.from_bytes(self.rest[:3], "big"):
                size = int.from_bytes(self.rest[:3], "big")
                head, payload, self.rest = self.rest[:9], self.rest[9:9 + size], self.rest[9 + size:]
                self.note(head[3], head[4], int.from_bytes(head[5:], "big"), payload)
        return until()

    def note(self, kind, flags, stream, payload):
        if kind == HEADERS:
            self.status[stream] = dict(self.decoder.decode(payload))[":status"]
        elif kind == DATA:
            self.data[stream] = self.data.get(stream, b"") + payload
            if payload:
                credit = len(payload).to_bytes(4, "big")
                self.raw(frame(WINDOW_UPDATE, 0, 0, credit) + frame(WINDOW_UPDATE, 0, stream, credit))
        elif kind == SETTINGS and not flags & ACK:
            self.raw(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.raw(frame(PING, ACK, 0, payload))
        elif kind == RST_STREAM:
            self.resets[stream] = int.from_bytes(payload, "big")
        elif kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.ended.add(stream)

    def fetch(self, path="/"):
        stream = self.request(path)
        assert self.hear(lambda: stream in self.ended), f"no answer on {stream}"
        return self.status[stream], self.data.get(stream, b"")


def curl_gets_every_kind_of_answer():
    need("curl")
    with Server() as server:
        assert server.curl("/", "-w", " %{http_version}") == b"Hello, World! 2"
        assert server.curl("/json") == b'{"message":"Hello, World!"}'
        assert server.curl("/users/a%2Fb") == b"a/b"
        assert server.curl("/stream").count(b"\n") == 8
        assert server.curl("/nocontent", "-w", "%{http_code}") == b"204"
        assert server.curl("/none", "-w", " %{http_code}").endswith(b" 404")
        assert server.curl("/", "-I").startswith(b"HTTP/2 200")
        assert len(server.curl("/big")) == 8 * 1024 * 1024


def curl_sends_bodies_and_reads_a_refusal_of_one():
    need("curl")
    with Server() as server, tempfile.NamedTemporaryFile() as body:
        body.write(os.urandom(1024 * 1024))
        body.flush()
        with open(body.name, "rb") as content:
            assert server.curl("/echo", "--data-binary", f"@{body.name}") == content.read()
        assert server.curl("/echo", "-H", "Expect: 100-continue", "-d", "asked") == b"asked"
        body.write(os.urandom(2 * 1024 * 1024))
        body.flush()
        refused = server.curl("/echo", "--data-binary", f"@{body.name}", "-w", " %{http_code}")
        assert refused.endswith(b" 413"), refused[-100:]


def nghttp_fetches_many_at_once():
    need("nghttp")
    with Server() as server:
        out = server.run("nghttp", "-nv", *[f"{server.url}/users/{i}" for i in range(50)]).decode()
        assert out.count(":status: 200") == 50
        assert "RST_STREAM" not in out


def h2load_loses_nothing():
    need("h2load")
    with Server() as server:
        for path, body in [("/", None), ("/stream", None), ("/echo", "1" * 1000)]:
            flags = []
            if body:
                with tempfile.NamedTemporaryFile("w", delete=False) as file:
                    file.write(body)
                flags = ["-d", file.name]
            out = server.run("h2load", "-n", "5000", "-c", "20", "-m", "16", *flags, server.url + path).decode()
            assert "5000 succeeded, 0 failed, 0 errored, 0 timeout" in out, out
            assert "5000 2xx" in out, out


def tls_agrees_on_a_version():
    need("curl", "openssl", "h2load")
    with tempfile.TemporaryDirectory() as folder:
        certificate = os.path.join(folder, "both.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                        "-keyout", certificate, "-out", certificate + ".crt"], check=True, capture_output=True)
        with open(certificate, "a", encoding="ascii") as both, open(certificate + ".crt", encoding="ascii") as other:
            both.write(other.read())
        with Server(certificate=certificate) as server:
            for flag, version in [("--http2", "2"), ("--http1.1", "1.1"), ("--no-alpn", "1.1")]:
                out = server.run("curl", "-sS", "--cacert", certificate, flag, "-w", " %{http_version}", server.url + "/")
                assert out == f"Hello, World! {version}".encode(), (flag, out)
            big = server.run("curl", "-sS", "--cacert", certificate, "--http2", server.url + "/big")
            assert len(big) == 8 * 1024 * 1024
            out = server.run("h2load", "-n", "2000", "-c", "10", "-m", "10", server.url + "/").decode()
            assert "2000 succeeded, 0 failed, 0 errored" in out, out
            assert "Application protocol: h2" in out, out


def flood(name, send, code=CALM):
    """A peer that floods is told so within a second, and others do not notice."""

    def test():
        with Server() as server, Peer(server) as bad, Peer(server) as good:
            assert good.fetch() == ("200", b"Hello, World!")
            began = time.monotonic()
            send(bad)
            assert bad.hear(lambda: bad.goaway is not None), "no GOAWAY"
            assert bad.goaway == code, bad.goaway
            assert time.monotonic() - began < 5
            assert bad.hear(lambda: bad.closed) or bad.closed, "the connection stays"
            assert good.fetch() == ("200", b"Hello, World!")

    test.__name__ = f"flood_of_{name}"
    return test


def send_rapid_resets(peer):
    for _ in range(1000):
        stream = peer.request("/slow")
        peer.raw(frame(RST_STREAM, 0, stream, CANCEL.to_bytes(4, "big")))


def send_continuations(peer):
    peer.raw(frame(HEADERS, END_STREAM, 1) + frame(CONTINUATION, 0, 1) * 1000)


def send_malformed(peer):
    block = b"\x82"  # :method GET, and nothing else
    peer.raw(b"".join(frame(HEADERS, END_STREAM | END_HEADERS, stream, block) for stream in range(1, 1001, 2)))


def send_overflows(peer):
    for _ in range(300):
        stream = peer.request("/slow", "POST", end=False)
        peer.raw(frame(WINDOW_UPDATE, 0, stream, (0x7FFFFFFF).to_bytes(4, "big")))


def send_empty_data(peer):
    stream = peer.request("/echo", "POST", end=False)
    peer.raw(frame(DATA, 0, stream) * 1000)


def send_tiny_data(peer):
    stream = peer.request("/echo", "POST", end=False)
    peer.raw(frame(DATA, 0, stream, b"x") * 2000)


def send_a_bomb(peer):
    """A field of kilobytes in the table, then a byte for each time it is to be repeated."""
    stream = peer.request_with([(":method", "GET"), (":scheme", "http"), (":authority", "test"), (":path", "/"),
                                ("x-bomb", "b" * 3500)])
    assert peer.hear(lambda: stream in peer.ended)
    block = peer.encoder.encode([(":method", "GET"), (":scheme", "http"), (":authority", "test"), (":path", "/")])
    peer.raw(frame(HEADERS, END_HEADERS | END_STREAM, peer.next_stream, block + b"\xbe" * 1000))


def send_settings_without_end(peer):
    peer.raw(frame(SETTINGS, 0, 0, b"".join(setting(0x100 + i, i) for i in range(64))))


def setting(name, value):
    return name.to_bytes(2, "big") + value.to_bytes(4, "big")


PLAIN = [(":method", "GET"), (":scheme", "http"), (":authority", "test"), (":path", "/")]
POST = [(":method", "POST"), (":scheme", "http"), (":authority", "test"), (":path", "/echo")]
# What is wrong with it, its fields, and the DATA behind them, if there is any.
MALFORMED = [
    ("another host than its authority", [*PLAIN, ("host", "other")], None),
    ("two hosts", [*PLAIN, ("host", "test"), ("host", "other")], None),
    ("no authority and no host", [PLAIN[0], PLAIN[1], PLAIN[3]], None),
    ("a bad authority", [PLAIN[0], PLAIN[1], (":authority", "us er@test"), PLAIN[3]], None),
    ("no method", PLAIN[1:], None),
    ("no path", PLAIN[:3], None),
    ("no scheme", [PLAIN[0], *PLAIN[2:]], None),
    ("two paths", [*PLAIN, (":path", "/json")], None),
    ("an unknown pseudo field", [*PLAIN, (":proto", "x")], None),
    ("a pseudo field of answers", [*PLAIN, (":status", "200")], None),
    ("a pseudo field behind others", [PLAIN[0], PLAIN[1], PLAIN[2], ("x-a", "b"), PLAIN[3]], None),
    ("a path that is none", [*PLAIN[:3], (":path", "json")], None),
    ("an empty path", [*PLAIN[:3], (":path", "")], None),
    ("an asterisk", [*PLAIN[:3], (":path", "*")], None),
    ("a fragment", [*PLAIN[:3], (":path", "/#a")], None),
    ("a space in the path", [*PLAIN[:3], (":path", "/ HTTP/1.1")], None),
    ("an end of line in the path", [*PLAIN[:3], (":path", "/ HTTP/1.1\r\nx-a: b")], None),
    ("an end of line in the method", [(":method", "GET / HTTP/1.1\r\n"), *PLAIN[1:]], None),
    ("a connection field", [*PLAIN, ("connection", "close")], None),
    ("an upgrade", [*PLAIN, ("upgrade", "websocket")], None),
    ("transfer-encoding", [*POST, ("transfer-encoding", "chunked")], b"5\r\nhello\r\n0\r\n\r\n"),
    ("keep-alive", [*PLAIN, ("keep-alive", "1")], None),
    ("te beside trailers", [*PLAIN, ("te", "gzip")], None),
    ("a name in upper case", [*PLAIN, ("X-Upper", "a")], None),
    ("an empty name", [*PLAIN, ("", "a")], None),
    *[(f"{ord(bad)} in a name", [*PLAIN, (f"x{bad}a", "b")], None) for bad in "\r\n\0 :"],
    *[(f"{ord(bad)} in a value", [*PLAIN, ("x-a", f"a{bad}b")], None) for bad in "\r\n\0"],
    ("a body shorter than its length", [*POST, ("content-length", "6")], b"hello"),
    ("a body longer than its length", [*POST, ("content-length", "4")], b"hello"),
    ("no body where one is announced", [*POST, ("content-length", "5")], None),
    ("two lengths", [*POST, ("content-length", "5"), ("content-length", "6")], b"hello"),
    ("a length with a sign", [*POST, ("content-length", "+5")], b"hello"),
]


def malformed_requests_are_refused_alone():
    """400, or a reset with PROTOCOL_ERROR; what was asked before and behind on the connection is answered."""
    with Server() as server:
        for what, fields, body in MALFORMED:
            with Peer(server) as peer:
                slow = peer.request("/slow")
                stream = peer.request_with(fields, end=body is None)
                if body is not None:
                    peer.raw(frame(DATA, END_STREAM, stream, body))
                peer.hear(lambda: stream in peer.ended or stream in peer.resets)
                verdict = peer.status.get(stream) or peer.resets.get(stream)
                assert verdict in ("400", PROTOCOL_ERROR), f"{what}: {verdict}"
                assert peer.fetch() == ("200", b"Hello, World!"), what
                if what == MALFORMED[0][0]:
                    assert peer.hear(lambda: slow in peer.ended), "what was asked before is lost"


def data_behind_the_end_of_a_stream_ends_it_or_the_connection():
    with Server() as server, Peer(server) as peer, Peer(server) as good:
        stream = peer.request("/slow")
        peer.raw(frame(DATA, END_STREAM, stream, b"more"))
        assert peer.hear(lambda: peer.goaway is not None or stream in peer.resets), "it is taken"
        assert STREAM_CLOSED in (peer.goaway, peer.resets.get(stream)), (peer.goaway, peer.resets)
        assert good.fetch()[0] == "200"


def data_for_a_stream_that_was_reset_takes_nothing_from_others():
    with Server() as server, Peer(server) as peer:
        for _ in range(150):
            stream = peer.request("/echo", "POST", end=False)
            peer.raw(frame(RST_STREAM, 0, stream, CANCEL.to_bytes(4, "big")) + frame(DATA, 0, stream, b"x" * 16000))
            assert peer.fetch()[0] == "200", peer.goaway  # so that we keep to the window, of which nothing may be lost
        # Padding counts against windows, too: 1 MiB of it, and a window of the connection of as much.
        stream = peer.request("/echo", "POST", end=False)
        for _ in range(64):
            peer.raw(frame(DATA, PADDED, stream, b"\xff" + b"y" * 1000 + b"\0" * 255))
        peer.raw(frame(DATA, END_STREAM, stream, b"z"))
        assert peer.hear(lambda: stream in peer.ended)
        assert peer.data[stream] == b"y" * 64000 + b"z", len(peer.data[stream])


def bodies_nobody_reads_leave_the_window_to_others():
    with Server() as server, Peer(server) as peer:
        for _ in range(8):
            stream = peer.request("/none", "POST", end=False)
            for _ in range(15):
                peer.raw(frame(DATA, 0, stream, b"x" * 16000))
            assert peer.hear(lambda: stream in peer.ended) and peer.status[stream] == "404"
            peer.raw(frame(RST_STREAM, 0, stream, CANCEL.to_bytes(4, "big")))
        body = os.urandom(200_000)
        stream = peer.request("/echo", "POST", end=False)
        for at in range(0, len(body), 16000):
            peer.raw(frame(DATA, 0, stream, body[at:at + 16000]))
        peer.raw(frame(DATA, END_STREAM, stream))
        assert peer.hear(lambda: stream in peer.ended)
        assert peer.data[stream] == body


def windows_may_sink_below_zero_and_rise_again():
    with Server() as server, Peer(server) as peer:
        stream = peer.request("/big")
        assert peer.hear(lambda: len(peer.data.get(stream, b"")) > 100_000)
        peer.raw(frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, 0)))
        shut = peer.request("/json")  # an answer that has to wait
        peer.hear(lambda: shut in peer.ended, seconds=0.3)
        assert shut not in peer.ended, "the window was not kept"
        gone = peer.request("/json")
        peer.raw(frame(RST_STREAM, 0, gone, CANCEL.to_bytes(4, "big")))
        peer.raw(frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, 1 << 20)))
        assert peer.hear(lambda: {stream, shut} <= peer.ended, seconds=30)
        assert len(peer.data[stream]) == 8 * 1024 * 1024
        assert gone not in peer.ended


def a_request_goes_on_behind_goaway():
    with Server() as server, Peer(server) as peer:
        stream = peer.request("/echo", "POST", end=False)
        peer.raw(frame(DATA, 0, stream, b"before "))
        assert peer.fetch()[0] == "200"
        server.send_signal(signal.SIGTERM)
        assert peer.hear(lambda: peer.goaway is not None)
        peer.raw(frame(DATA, END_STREAM, stream, b"behind"))
        assert peer.hear(lambda: stream in peer.ended)
        assert peer.data[stream] == b"before behind"
        assert server.wait() == 0


def a_websocket_lives_in_a_stream_and_ends_with_the_server():
    """RFC 8441, beside other requests, and 1001 when the server stops."""
    with Server() as server, Peer(server) as peer:
        stream = peer.request_with([(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
                                    (":authority", "test"), (":path", "/ws"), ("sec-websocket-version", "13")], end=False)
        assert peer.hear(lambda: stream in peer.status) and peer.status[stream] == "200", peer.status
        heard = b""
        for text in (b"hello", b"x" * 125):
            peer.raw(frame(DATA, 0, stream, bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text))
            heard += bytes([0x81, len(text)]) + text
        assert peer.hear(lambda: peer.data.get(stream) == heard), peer.data
        assert peer.fetch() == ("200", b"Hello, World!")
        server.send_signal(signal.SIGTERM)
        heard += b"\x88\x12\x03\xe9the server stops"
        assert peer.hear(lambda: peer.data[stream] == heard and peer.goaway == 0), (peer.data, peer.goaway)
        peer.raw(frame(DATA, END_STREAM, stream, b"\x88\x82\0\0\0\0\x03\xe9"))
        assert peer.hear(lambda: stream in peer.ended)
        assert server.wait() == 0


def a_peer_that_does_not_read_is_bounded_and_others_are_served():
    with Server() as server, Peer(server) as good:
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        for each in idle:
            opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0) + frame(SETTINGS, ACK, 0)
            block = b"\x82\x86\x41\x01a\x04\x04/big"
            each.sendall(opening + b"".join(frame(HEADERS, END_STREAM | END_HEADERS, stream, block)
                                           for stream in range(1, 64, 2)))
        for _ in range(20):
            assert good.fetch("/json")[0] == "200"
        resident = server.resident_kib()
        assert resident < 200 * 1024, f"{resident} kB for 640 answers of 8 MiB nobody reads"
        for each in idle:
            each.close()


def sigterm_answers_what_was_begun():
    with Server() as server, Peer(server) as peer, Peer(server) as idle:
        idle.fetch()
        slow = peer.request("/slow")
        assert peer.fetch()[0] == "200"
        server.send_signal(signal.SIGTERM)
        assert peer.hear(lambda: slow in peer.ended), "the slow answer is lost"
        assert peer.status[slow] == "200"
        assert peer.goaway == 0
        assert idle.hear(lambda: idle.goaway is not None)
        assert server.wait() == 0


TESTS = [
    curl_gets_every_kind_of_answer,
    curl_sends_bodies_and_reads_a_refusal_of_one,
    nghttp_fetches_many_at_once,
    h2load_loses_nothing,
    tls_agrees_on_a_version,
    flood("rapid_resets", send_rapid_resets),
    flood("settings", lambda peer: peer.raw(frame(SETTINGS, 0, 0) * 1000)),
    flood("pings", lambda peer: peer.raw(frame(PING, 0, 0, b"12345678") * 1000)),
    flood("priorities", lambda peer: peer.raw(frame(PRIORITY, 0, 1, b"\0\0\0\0\x0f") * 1000)),
    flood("window_updates", lambda peer: peer.raw(frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01") * 1000)),
    flood("unknown_frames", lambda peer: peer.raw(frame(UNKNOWN, 0, 0, b"?") * 1000)),
    flood("continuations", send_continuations),
    flood("malformed_requests", send_malformed),
    flood("window_overflows", send_overflows),
    flood("empty_data", send_empty_data),
    flood("tiny_data", send_tiny_data),
    flood("compressed_fields", send_a_bomb),
    flood("settings_in_one_frame", send_settings_without_end),
    flood("a_window_too_large", lambda peer: peer.raw(frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, 1 << 31))),
          FLOW_CONTROL_ERROR),
    malformed_requests_are_refused_alone,
    data_behind_the_end_of_a_stream_ends_it_or_the_connection,
    data_for_a_stream_that_was_reset_takes_nothing_from_others,
    bodies_nobody_reads_leave_the_window_to_others,
    windows_may_sink_below_zero_and_rise_again,
    a_request_goes_on_behind_goaway,
    a_websocket_lives_in_a_stream_and_ends_with_the_server,
    a_peer_that_does_not_read_is_bounded_and_others_are_served,
    sigterm_answers_what_was_begun,
]


if __name__ == "__main__":
    tap.run("http2", TESTS)
