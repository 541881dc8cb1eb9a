#!/usr/bin/env python3
"""Other people's TLS against ours: tls_test.py REFERENCE_SERVER. Speaks TAP; wants openssl and curl."""

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

import tap
from tls_server import Authority, Server, run

PROGRAM = sys.argv[1]
CASES = []


def case(function):
    CASES.append(function)
    return function


class Setting:
    """One server for all cases that do not change it."""

    def __init__(self, folder):
        self.authority = Authority(folder)
        self.certificate, self.key = self.authority.issue("server")
        self.server = Server(PROGRAM, self.certificate, self.key)

    def s_client(self, *arguments, said="", name="localhost"):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", "-servername", name, "-CAfile",
             self.authority.pem, "-verify_return_error", "-ign_eof", *arguments],
            input=said, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    def curl(self, path, *arguments, scheme="https", name="localhost"):
        return run("curl", "-sS", "--max-time", "20", "--cacert", self.authority.pem, "--resolve",
                   f"{name}:{self.server.port}:127.0.0.1", *arguments, f"{scheme}://{name}:{self.server.port}{path}")


REQUEST = "GET /json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@case
def s_client_is_answered_over_versions_1_2_and_1_3(setting):
    for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
        said = setting.s_client(version, said=REQUEST)
        assert '{"message":"Hello, World!"}' in said, said
        assert f"New, {name}, Cipher is" in said, said
        assert "Verify return code: 0 (ok)" in said, said


@case
def older_versions_weak_suites_and_renegotiation_are_refused(setting):
    for arguments in (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), ("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
                      ("-tls1_2", "-cipher", "AES256-GCM-SHA384"), ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA")):
        said = setting.s_client(*arguments, said=REQUEST)
        assert "Hello, World!" not in said and "Cipher is (NONE)" in said, said
    said = setting.s_client("-tls1_2", said="R\n")
    # -ign_eof takes the letters as data, so the connection ends with a 400: nothing was agreed anew.
    assert "RENEGOTIATING" not in said, said
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{setting.server.port}", "-tls1_2"],
                          input="R\n", capture_output=True, text=True, timeout=60, check=False)
    assert "RENEGOTIATING" in done.stdout + done.stderr, done
    assert "no renegotiation" in done.stdout + done.stderr, done


@case
def protocols_are_agreed_on_by_alpn(setting):
    assert "ALPN protocol: http/1.1" in setting.s_client("-alpn", "spdy/1,http/1.1", said=REQUEST)
    assert "no application protocol" in setting.s_client("-alpn", "spdy/1")


@case
def sessions_go_on_by_tickets(setting):
    for version in ("-tls1_2", "-tls1_3"):
        with tempfile.NamedTemporaryFile() as session:
            assert "New, TLSv1" in setting.s_client(version, "-sess_out", session.name, said=REQUEST)
            said = setting.s_client(version, "-sess_in", session.name, said=REQUEST)
            assert "Reused, TLSv1" in said and "Hello, World!" in said, said


@case
def curl_is_answered(setting):
    assert setting.curl("/json").stdout == '{"message":"Hello, World!"}'
    for version in ("--tlsv1.2", "--tlsv1.3"):
        assert setting.curl("/json", version, "--tls-max", version[-3:]).stdout == '{"message":"Hello, World!"}'
    big = setting.curl("/big", "-o", os.devnull, "-w", "%{http_code} %{size_download}")
    assert big.stdout == "200 8388608", big
    with tempfile.NamedTemporaryFile() as body:
        body.write(os.urandom(1 << 20))
        body.flush()
        echoed = subprocess.run(["curl", "-sS", "--cacert", setting.authority.pem, "--data-binary", f"@{body.name}",
                                 f"https://localhost:{setting.server.port}/echo"], capture_output=True, timeout=60, check=True)
        with open(body.name, "rb") as sent:
            assert echoed.stdout == sent.read()
    assert setting.curl("/stream").stdout.endswith("part 8 of 8\n")
    assert setting.curl("/", "--http1.0").stdout == "Hello, World!"


@case
def curl_refuses_what_it_should(setting):
    other = setting.curl("/", name="other.test")
    assert other.returncode == 60, other
    plain = setting.curl("/", "-i", scheme="http")
    assert plain.stdout.startswith("HTTP/1.1 400 "), plain
    misdirected = setting.curl("/", "-o", os.devnull, "-w", "%{http_code}", "-H", "Host: other.test")
    assert misdirected.stdout == "421", misdirected


@case
def peers_that_leave_in_the_middle_do_no_harm(setting):
    context = ssl.create_default_context(cafile=setting.authority.pem)
    for cut in range(0, 300, 7):
        with socket.create_connection(("127.0.0.1", setting.server.port)) as wire:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                wire.sendall(outgoing.read()[:cut])
    assert setting.curl("/json").stdout == '{"message":"Hello, World!"}'


@case
def certificates_change_under_traffic_and_nobody_notices(setting):
    context = ssl.create_default_context(cafile=setting.authority.pem)
    stop = threading.Event()
    answered, failures, subjects = [0], [], set()

    def ask(kept):
        connection = None
        while not stop.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPSConnection("localhost", setting.server.port, context=context, timeout=20)
                    connection.connect()
                    subjects.add(dict(part[0] for part in connection.sock.getpeercert()["subject"])["commonName"])
                connection.request("GET", "/json")
                response = connection.getresponse()
                assert response.status == 200 and response.read() == b'{"message":"Hello, World!"}'
                answered[0] += 1
                if not kept:
                    connection.close()
                    connection = None
            except Exception:
                failures.append(traceback.format_exc())
                return
        if connection is not None:
            connection.close()

    threads = [threading.Thread(target=ask, args=(kept,)) for kept in (True, True, False, False)]
    for thread in threads:
        thread.start()
    try:
        for number in range(10):
            setting.authority.issue("server", f"localhost {number}")
            setting.server.reload()
            seen = answered[0]
            while answered[0] < seen + 50 and not failures:
                stop.wait(0.01)
        with open(setting.certificate, "w", encoding="ascii") as broken:
            broken.write("nothing of use\n")
        setting.server.reload()
        line = setting.server.line_with("there is no certificate in it")
        assert line == (f"the old certificate stays: TLS certificate {setting.certificate}: "
                        "there is no certificate in it: invalid argument"), line
        seen = answered[0]
        while answered[0] < seen + 50 and not failures:
            stop.wait(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures, failures[0]
    assert len(subjects) > 1, subjects
    assert run("openssl", "s_client", "-connect", f"127.0.0.1:{setting.server.port}").stdout.count("localhost 9") > 0


def main():
    missing = [tool for tool in ("openssl", "curl") if shutil.which(tool) is None]
    if missing:
        tap.skip_all(f"{' and '.join(missing)} not installed")
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(folder)
        with setting.server:
            tap.run("tls", CASES, lambda test: test(setting))


main()
