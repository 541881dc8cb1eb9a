"""A PostgreSQL server of a test's own; for the programs beside it."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from tap import Skip


class PostgresProcess:
    """Runs the newest that is installed, on a free port of 127.0.0.1; ended by its process id, whatever happens."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: (len(path), path))
        if not found:
            assert "RONDEAU_REQUIRE_SERVERS" not in os.environ, "no PostgreSQL server is installed"
            raise Skip("no PostgreSQL server is installed")
        self.programs = os.path.dirname(found[-1])
        # The super-user cannot run it.
        self.user = "postgres" if os.geteuid() == 0 else None
        self.process = None
        self.url = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="rondeau-postgres-")
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        data = os.path.join(self.folder, "data")
        subprocess.run([os.path.join(self.programs, "initdb"), "-D", data, "-U", "postgres", "-E", "UTF8",
                        "--locale=C.UTF-8", "--no-sync", "-A", "trust"], user=self.user, cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL, timeout=120)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(self.programs, "postgres"), "-D", data, "-p", str(port), "-k", self.folder,
                 "-c", "fsync=off"],
                user=self.user, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        ready = [os.path.join(self.programs, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        end = time.monotonic() + 30
        while subprocess.run(ready, check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise AssertionError("PostgreSQL does not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)
