"""The reference server with TLS, and the certificates for it; for the tests beside it."""

import os
import signal
import socket
import subprocess
import time


def run(*command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, **options)


class Authority:
    """Issues certificates with the openssl command."""

    def __init__(self, folder):
        self.folder = folder
        self.pem = os.path.join(folder, "ca.pem")
        self.key = os.path.join(folder, "ca.key")
        self.make("req", "-x509", "-subj", "/CN=Test Authority", "-days", "90", "-out", self.pem, *self.new_key(self.key))

    def issue(self, name, common_name="localhost", hosts=("localhost", "*.localhost"), extra=""):
        """Writes NAME.pem and NAME.key, each in one step, and returns their paths."""
        certificate, key = (os.path.join(self.folder, name + ending) for ending in (".pem", ".key"))
        request, extensions = (os.path.join(self.folder, name + ending) for ending in (".csr", ".cnf"))
        with open(extensions, "w", encoding="ascii") as out:
            print("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth", file=out)
            print("subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts) + ",IP:127.0.0.1\n" + extra, file=out)
        self.make("req", "-new", "-subj", f"/CN={common_name}", "-out", request, *self.new_key(key + ".new"))
        self.make("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial", "-days", "90",
                  "-extfile", extensions, "-out", certificate + ".new")
        os.replace(certificate + ".new", certificate)
        os.replace(key + ".new", key)
        return certificate, key

    @staticmethod
    def new_key(path):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path)

    @staticmethod
    def make(*arguments):
        done = run("openssl", *arguments)
        assert done.returncode == 0, done.stderr


class Server:
    """One run of the program; ended by its process id, whatever happens."""

    def __init__(self, program, certificate, key):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [os.path.abspath(program), str(self.port), "2"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TLS_CERT": certificate, "TLS_KEY": key})
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None, "it does not listen"
                time.sleep(0.02)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def line_with(self, text):
        """The next line with it; on a busy machine the runtime says this and that."""
        return next(line for line in self.process.stderr if text in line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
