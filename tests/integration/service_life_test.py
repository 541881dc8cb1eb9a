#!/usr/bin/env python3
"""How a service listens, by its settings and by what it inherits: service_life_test.py SHORTLINK. Speaks TAP."""

import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import tap
from server_process import ServerProcess
from tap import equal, need
from tls_server import Authority

PROGRAM = os.path.abspath(sys.argv[1])
# Becomes the program, with sockets where systemd would have put them: ITS_PID NAMES COUNT FD… -- PROGRAM …
INHERIT = """
import os, sys
words = sys.argv[1:]
pid, names, count = words[:3]
cut = words.index("--")
fds = [os.dup(int(fd)) for fd in words[3:cut]]
for place, fd in enumerate(fds):
    os.dup2(fd, 3 + place)
    os.set_inheritable(3 + place, True)
os.environ["LISTEN_PID"] = str(os.getpid()) if pid == "own" else pid
os.environ["LISTEN_FDS"] = count
if names != "none":
    os.environ["LISTEN_FDNAMES"] = names
os.execv(words[cut + 1], words[cut + 1:])
"""


class Service(ServerProcess):
    def __init__(self, folder, *flags, before=(), **options):
        command = [PROGRAM, *flags]
        if before:
            command = [sys.executable, "-c", INHERIT, *before, "--", *command]
        super().__init__(*command, cwd=folder, environment={"RONDEAU_PROFILE": "dev"}, **options)


def run(folder, *flags, before=(), **options):
    command = [PROGRAM, *flags]
    if before:
        command = [sys.executable, "-c", INHERIT, *before, "--", *command]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                          check=False, env={**os.environ, "RONDEAU_PROFILE": "dev"}, **options)
    return done.returncode, done.stderr.splitlines()


def health(address, context=None, header=b""):
    """What /healthz says, over a connection that begins with the header."""
    with socket.create_connection(address, timeout=30) as wire:
        wire.sendall(header)
        if context:
            wire = context.wrap_socket(wire, server_hostname="localhost")
        with wire:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = http.client.HTTPResponse(wire)
            answer.begin()
            return answer.status, answer.read()


OK = (200, b"ok\n")


def inherited_sockets_are_served_and_closed_on_exec(folder):
    path = os.path.join(folder, "x.sock")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)
        unix.listen()
        # Asked before anybody listens: it waits in the queue.
        early = socket.create_connection(tcp.getsockname(), timeout=30)
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        numbers = [tcp.fileno(), unix.fileno()]
        with Service(folder, "--port", "1", before=["own", "http:local", "2", *map(str, numbers)],
                     pass_fds=numbers) as service:
            equal(service.port, tcp.getsockname()[1])
            assert early.recv(100).startswith(b"HTTP/1.1 200 ")
            early.close()
            equal(health(tcp.getsockname()), OK)
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(30)
                client.connect(path)
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.1 200 ")
            for number in (3, 4):
                with open(f"/proc/{service.process.pid}/fdinfo/{number}", encoding="ascii") as info:
                    flags = int(next(line for line in info if line.startswith("flags:")).split()[1], 8)
                assert flags & os.O_CLOEXEC and flags & os.O_NONBLOCK, oct(flags)
            equal(service.end(), 0)
        # The socket outlives the process, and what came meanwhile is served by the next.
        between = socket.create_connection(tcp.getsockname(), timeout=30)
        between.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        with Service(folder, before=["own", "none", "1", str(tcp.fileno())], pass_fds=[tcp.fileno()]) as service:
            assert between.recv(100).startswith(b"HTTP/1.1 200 ")
            between.close()
            equal(service.end(), 0)


def sockets_of_another_process_are_left_alone(folder):
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        with Service(folder, "--port", "0", before=["1", "none", "1", str(tcp.fileno())],
                     pass_fds=[tcp.fileno()]) as service:
            assert service.port != tcp.getsockname()[1]
            equal(health(service.address), OK)
            equal(service.end(), 0)


def what_cannot_be_inherited_is_one_line_and_78(folder):
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket() as silent, open(os.devnull, "rb") as file:
        def started(names, count, *sockets):
            numbers = [each.fileno() for each in sockets]
            return run(folder, before=["own", names, count, *map(str, numbers)], pass_fds=numbers)

        for code, lines, why in [
            (*started("none", "many", tcp), "LISTEN_FDS is no number of them: many"),
            (*started("a:b", "1", tcp), "LISTEN_FDNAMES has another number of names than LISTEN_FDS"),
            (*started("http", "1", file), 'inherited socket "http": descriptor 3 is no stream socket'),
            (*started("http", "1", silent), 'inherited socket "http": descriptor 3 does not listen'),
        ]:
            equal(code, 78)
            equal([line for line in lines if line.startswith("shortlink: ")], [f"shortlink: {why}"])


def systemd_socket_activate_starts_it(folder):
    program = shutil.which("systemd-socket-activate")
    if program is None:
        raise tap.Skip("systemd-socket-activate is not installed")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    activator = subprocess.Popen([program, "-l", f"127.0.0.1:{port}", "--fdname=http", PROGRAM, "--port", "1"], cwd=folder,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while True:
            try:
                equal(health(("127.0.0.1", port)), OK)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end and activator.poll() is None, "it does not listen"
                time.sleep(0.02)
        activator.send_signal(signal.SIGTERM)  # it has become the service
        equal(activator.wait(60), 0)
    finally:
        if activator.poll() is None:
            activator.kill()
            activator.wait()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def asked(path):
    connection = UnixConnection(path)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    result = answer.status, answer.read()
    connection.close()
    return result


def it_listens_on_paths_and_names_beside_ports(folder):
    path = os.path.join(folder, "x.sock")
    name = f"rondeau-test-{os.getpid()}"
    with Service(folder, "--listen", f"127.0.0.1:0, unix:{path},unix:@{name}", "--set", "server.socket_mode=0620",
                 umask=0o077) as service:
        equal(health(service.address), OK)
        equal(asked(path), OK)
        equal(asked("\0" + name), OK)
        equal(oct(os.stat(path).st_mode & 0o7777), "0o620")
        # Another one finds it in use, and leaves it alone.
        code, lines = run(folder, "--listen", f"unix:{path}")
        equal(code, 69)
        assert any(f"listen on unix:{path}: somebody listens there" in line for line in lines), lines
        equal(asked(path), OK)
        equal(service.end(), 0)
    assert not os.path.exists(path)


def a_stale_socket_is_replaced_and_all_else_left_alone(folder):
    path = os.path.join(folder, "x.sock")
    with Service(folder, "--listen", f"127.0.0.1:0,unix:{path}") as service:
        service.process.kill()
        service.wait()
    assert os.path.exists(path)
    with Service(folder, "--listen", f"127.0.0.1:0,unix:{path}") as service:
        equal(asked(path), OK)
        # Who has put another one in its place finds that one again.
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            equal(service.end(), 0)
            assert os.path.exists(path)
    os.unlink(path)
    with open(path, "w", encoding="ascii") as file:
        file.write("precious")
    code, lines = run(folder, "--listen", f"unix:{path}")
    equal(code, 69)
    assert any("something else than a socket is there" in line for line in lines), lines
    with open(path, encoding="ascii") as file:
        equal(file.read(), "precious")
    code, lines = run(folder, "--listen", f"unix:{folder}/none/x.sock")
    equal(code, 69)
    assert any("No such file" in line or "not found" in line for line in lines), lines


def one_port_can_be_shared(folder):
    reuse = ("--set", "server.reuse_port=true")
    other_folder = os.path.join(folder, "other")
    os.mkdir(other_folder)
    with Service(folder, "--port", "0", *reuse) as first:
        code, lines = run(other_folder, "--port", str(first.port))
        equal(code, 69)
        with Service(other_folder, "--port", str(first.port), *reuse) as second:
            equal(health(second.address), OK)
            equal(first.end(), 0)
            for _ in range(20):
                equal(health(second.address), OK)
            equal(second.end(), 0)


def a_proxy_says_who_asks(folder):
    with Service(folder, "--port", "0", "--set", 'server.proxy_protocol_from=["127.0.0.0/8"]') as service:
        equal(health(service.address, header=b"PROXY TCP4 192.0.2.7 10.0.0.1 1234 80\r\n"), OK)
        assert "192.0.2.7" in service.line_with("/healthz"), service.lines
        with service.connect() as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            plain.settimeout(30)
            try:
                equal(plain.recv(100), b"")
            except ConnectionResetError:
                pass
        equal(service.end(), 0)


def certificates_come_from_settings_and_are_reloaded(folder):
    need("openssl")
    authority = Authority(folder)
    certificate, key = authority.issue("server", "localhost 1")
    context = ssl.create_default_context(cafile=authority.pem)
    with Service(folder, "--port", "0", "--set", f"server.tls.certificate={certificate}", "--set",
                 f"server.tls.key={key}") as service:
        def subject():
            with socket.create_connection(service.address, timeout=30) as wire:
                with context.wrap_socket(wire, server_hostname="localhost") as secured:
                    return secured.getpeercert()["subject"][0][0][1]

        equal(health(service.address, context), OK)
        equal(subject(), "localhost 1")
        kept = http.client.HTTPSConnection("localhost", service.port, context=context, timeout=30)
        kept.request("GET", "/healthz")
        equal(kept.getresponse().read(), b"ok\n")
        authority.issue("server", "localhost 2")
        service.send_signal(signal.SIGHUP)
        service.line_with("reloaded part=certificates")
        equal(subject(), "localhost 2")
        with open(certificate, "w", encoding="ascii") as broken:
            broken.write("no certificate\n")
        service.send_signal(signal.SIGHUP)
        assert certificate in service.line_with("what was there stays part=certificates")
        equal(subject(), "localhost 2")
        kept.request("GET", "/healthz")
        equal(kept.getresponse().read(), b"ok\n")
        kept.close()
        equal(service.end(), 0)


def clients_show_certificates_where_they_have_to(folder):
    need("openssl")
    authority = Authority(folder)
    certificate, key = authority.issue("server")
    other = ssl.create_default_context(cafile=authority.pem)
    known = ssl.create_default_context(cafile=authority.pem)
    known.load_cert_chain(*authority.issue("client", extra="extendedKeyUsage=clientAuth\n"))
    with Service(folder, "--port", "0", "--set", f"server.tls.certificate={certificate}", "--set",
                 f"server.tls.key={key}", "--set", f"server.tls.client_ca={authority.pem}") as service:
        equal(health(service.address, known), OK)
        try:
            equal(health(service.address, other), "nothing")
        except (ssl.SSLError, ConnectionError):
            pass
        equal(service.end(), 0)


def a_signal_to_reload_ends_nothing(folder):
    with Service(folder, "--port", "0") as service:
        service.send_signal(signal.SIGHUP)
        service.line_with("nothing to reload")
        equal(health(service.address), OK)
        equal(service.end(), 0)


def fetched(service, path, fields=""):
    with service.connect() as wire:
        wire.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n".encode())
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        return answer, answer.read().decode()


def layers_stand_around_the_routes_until_a_setting_takes_them_away(folder):
    trace = "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
    late = "X-Request-Timeout-Ms: 0\r\n"
    with Service(folder, "--port", "0", "--set", "server.metrics_page=/metrics") as service:
        answer, _ = fetched(service, "/none", trace)
        equal(answer.status, 404)
        assert len(answer.getheader("X-Request-Id")) == 36
        assert "0af7651916cd43dd8448eb211c80319c" in service.line_with("/none")
        equal(fetched(service, "/none", late)[0].status, 504)
        # Whoever asks how it is gets an answer, however little time there is.
        equal(fetched(service, "/healthz", late)[0].status, 200)
        page = fetched(service, "/metrics")[1]
        assert 'http_route="/{id}",http_response_status_code="404"' in page, page
        assert 'http_route="/healthz"' in page, page
        equal(service.end(), 0)
    off = [word for name in ("metrics", "trace", "request_ids", "admission", "deadlines")
           for word in ("--set", f"server.layers.{name}=false")]
    with Service(folder, "--port", "0", "--set", "server.metrics_page=/metrics", *off) as service:
        answer, _ = fetched(service, "/none", trace + late)
        equal((answer.status, answer.getheader("X-Request-Id")), (404, None))
        assert "0af7651916cd43dd8448eb211c80319c" not in service.line_with("/none")
        assert "http_server_request" not in fetched(service, "/metrics")[1]
        equal(service.end(), 0)
    with Service(folder, "--port", "0") as service:
        equal(fetched(service, "/metrics")[0].status, 404)
        equal(service.end(), 0)


def mistakes_are_told_together_and_78(folder):
    code, lines = run(folder, "--check-config", "--set", "server.listen=127.0.0.1:80,here,unix:,127.0.0.1:80", "--set",
                      "server.tls.key=k.pem", "--set", 'server.trusted_proxies=["10.0.0.1/8"]', "--set",
                      'server.proxy_protocol_from=["here"]', "--set", "server.socket_mode=rw")
    equal(code, 78)
    equal(lines, [
        'shortlink: server.listen: must be addresses such as 127.0.0.1:8080 or unix:/run/x.sock, not "here"',
        'shortlink: server.listen: must be addresses such as 127.0.0.1:8080 or unix:/run/x.sock, not "unix:"',
        'shortlink: server.listen: "127.0.0.1:80" stands there twice',
        'shortlink: server.socket_mode: must be permissions such as "0660", not "rw"',
        'shortlink: server.trusted_proxies: trusted proxies: "10.0.0.1/8" has bits behind its length',
        'shortlink: server.proxy_protocol_from: trusted proxies: "here" is no address, no network and not "unix"',
        "shortlink: server.tls: certificate and key belong together",
    ])
    code, lines = run(folder, "--check-config", "--listen", "unix:/x", "--port", "80")
    equal((code, lines), (78, ['shortlink: --port: there is no port in server.listen, "unix:/x"']))
    equal(run(folder, "--check-config", "--listen", "unix:/x, [::1]:1", "--port", "0"), (0, []))
    code, lines = run(folder, "--check-config", "--set", "server.metrics_page=metrics")
    equal((code, lines), (78, ['shortlink: server.metrics_page: must be a path such as "/metrics", not "metrics"']))
    code, lines = run(folder, "--check-config", "--set", "server.tls.certificate=none.pem", "--set", "server.tls.key=k.pem")
    equal((code, len(lines)), (78, 1))
    assert lines[0].startswith("shortlink: server.tls: ") and "none.pem" in lines[0], lines
    code, lines = run(folder, "--check-config", "--set", "server.tls.client_ca=ca.pem")
    equal((code, lines), (78, ["shortlink: server.tls.client_ca: needs a certificate and a key of ours"]))


TESTS = [
    inherited_sockets_are_served_and_closed_on_exec,
    sockets_of_another_process_are_left_alone,
    what_cannot_be_inherited_is_one_line_and_78,
    systemd_socket_activate_starts_it,
    it_listens_on_paths_and_names_beside_ports,
    a_stale_socket_is_replaced_and_all_else_left_alone,
    one_port_can_be_shared,
    a_proxy_says_who_asks,
    certificates_come_from_settings_and_are_reloaded,
    clients_show_certificates_where_they_have_to,
    a_signal_to_reload_ends_nothing,
    layers_stand_around_the_routes_until_a_setting_takes_them_away,
    mistakes_are_told_together_and_78,
]


def in_a_folder(test):
    with tempfile.TemporaryDirectory(prefix="service-") as folder:
        test(folder)


tap.run("service", TESTS, in_a_folder)
