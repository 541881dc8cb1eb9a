"""Asking servers of others through client_driver; for the tests beside it."""

import hashlib
import os
import socket
import subprocess
import tempfile

import tap
from server_process import free_port
from tls_server import Authority

TEXT = b"".join(b"line %06d\n" % line for line in range(20000))


class Driver:
    def __init__(self, program):
        self.program = os.path.abspath(program)

    def ask(self, method, *urls, **environment):
        """The lines that it prints."""
        done = subprocess.run([self.program, method, *urls], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, env={**os.environ, **environment}, check=False)
        assert done.returncode == 0, f"client_driver ended with {done.returncode}: {done.stderr}"
        return done.stdout.splitlines()


def line_of(status, body):
    return f"OK {status} {len(body)} {hashlib.sha1(body).hexdigest()[:12]}"


class ForeignServer:
    """A program that listens on `port`, while it is entered."""

    def __init__(self, port, program, *options):
        self.name, self.port = os.path.basename(program), port
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([program, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def __enter__(self):
        tap.until(self.listens, what=f"{self.name} does not listen")
        return self

    def listens(self):
        assert self.process.poll() is None, f"{self.name} has ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class World:
    """A folder and an authority for all servers of a run."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.authority = Authority(self.folder.name)

    def new_folder(self):
        return tempfile.mkdtemp(dir=self.folder.name)

    def trusting(self):
        return {"SSL_CERT_FILE": self.authority.pem}
