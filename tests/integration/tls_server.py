"""The reference server with TLS, and the certificates for it; for the tests beside it."""

import os
import signal
import subprocess

from server_process import ServerProcess


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


class Server(ServerProcess):
    def __init__(self, program, certificate, key):
        super().__init__(program, "0", "2", environment={"TLS_CERT": certificate, "TLS_KEY": key})

    def reload(self):
        self.send_signal(signal.SIGHUP)
