"""What npm fetches for the tests, and scripts that are run with it."""

import os
import shutil
import subprocess
import tempfile

from tap import Skip, equal, need

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node")


class Packages:
    """Those of package.json, in a folder; where npm cannot fetch them, the test is skipped."""

    def __init__(self, folder):
        self.folder = folder

    def fetched(self):
        """The path for NODE_PATH."""
        need("node", "npm")
        wanted = os.path.join(SCRIPTS, "package.json")
        os.makedirs(self.folder, exist_ok=True)
        have = os.path.join(self.folder, "package.json")
        modules = os.path.join(self.folder, "node_modules")
        with open(wanted, encoding="utf-8") as file:
            text = file.read()
        if os.path.isdir(modules) and os.path.exists(have):
            with open(have, encoding="utf-8") as file:
                if file.read() == text:
                    return modules
        with tempfile.TemporaryDirectory(dir=self.folder) as fresh:
            shutil.copy(wanted, fresh)
            done = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
                                   "--no-package-lock"],
                                  cwd=fresh, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                                  check=False)
            if done.returncode != 0:
                raise Skip("npm cannot fetch: " + (done.stderr.strip().splitlines() or ["it says nothing"])[0])
            shutil.rmtree(modules, ignore_errors=True)
            os.rename(os.path.join(fresh, "node_modules"), modules)
            shutil.copy(wanted, have)
        return modules

    def run(self, script, *arguments):
        """What the script writes; it has to end well."""
        done = subprocess.run(["node", os.path.join(SCRIPTS, script), *map(str, arguments)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=100, check=False,
                              env={**os.environ, "NODE_PATH": self.fetched()})
        equal((done.returncode, done.stderr), (0, ""))
        return done.stdout
