#!/usr/bin/env python3
"""Has others judge the OpenAPI documents and the page: openapi_test.py CACHE FEATURE_SERVER [SERVICE…]. Speaks TAP.

The documents go to the validator of npm's @seriousme/openapi-schema-validator, which is installed into CACHE; the page
to a headless Chromium. Without node, npm, or the package, without Chromium, what needs them is skipped.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
import urllib.request

CACHE = pathlib.Path(sys.argv[1])
FEATURE_SERVER = os.path.abspath(sys.argv[2])
SERVICES = [os.path.abspath(each) for each in sys.argv[3:]]
PACKAGE = "@seriousme/openapi-schema-validator"
VERSION = "2.11.0"
JUDGE = f"""
import {{ Validator }} from "{PACKAGE}";
import {{ readFileSync }} from "node:fs";
const result = await new Validator().validate(JSON.parse(readFileSync(0, "utf8")));
if (!result.valid) {{ console.log(JSON.stringify(result.errors, null, 2)); process.exit(1); }}
"""
# Asks nobody but the host it is told of, and starts nothing of its own.
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--enable-logging=stderr", "--v=0",
            "--virtual-time-budget=10000"]


class Skip(Exception):
    pass


class Server:
    """One run of the program; ended by its process id, whatever happens."""

    def __enter__(self):
        self.process = subprocess.Popen([FEATURE_SERVER, "0", "2"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        text=True)
        line = self.process.stdout.readline()
        found = re.search(r"listening on (127\.0\.0\.1:\d+)", line)
        assert found, f"it does not listen: {line!r}"
        self.base = "http://" + found.group(1)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def install():
    """The folder with the validator."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Skip("node and npm are not installed")
    if not (CACHE / "node_modules" / PACKAGE).is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        try:
            done = subprocess.run(["npm", "install", "--prefix", CACHE, "--no-audit", "--no-fund", "--ignore-scripts",
                                   f"{PACKAGE}@{VERSION}"], capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired as late:
            raise Skip("npm does not answer") from late
        if done.returncode != 0:
            raise Skip(f"npm cannot install {PACKAGE}: {done.stderr.strip().splitlines()[-1:]}")
    return CACHE


def judge(document):
    folder = install()
    script = folder / "judge.mjs"
    script.write_text(JUDGE)
    return subprocess.run(["node", script], input=document, capture_output=True, text=True, timeout=60, check=False)


def served_document_is_valid():
    with Server() as server, urllib.request.urlopen(server.base + "/openapi.json", timeout=20) as answer:
        document = answer.read().decode()
    done = judge(document)
    assert done.returncode == 0, done.stdout + done.stderr


def the_judge_refuses_what_is_none():
    done = judge('{"openapi": "3.1.0", "info": {"title": "t"}, "paths": {}}')
    assert done.returncode == 1 and "version" in done.stdout, done.stdout + done.stderr


def service_documents_are_valid():
    if not SERVICES:
        raise Skip("no service is built")
    for service in SERVICES:
        with tempfile.TemporaryDirectory() as folder:
            printed = subprocess.run([service, "--print-openapi"], cwd=folder, capture_output=True, text=True,
                                     timeout=60, check=False)
            assert printed.returncode == 0, printed.stderr
            same = pathlib.Path(folder) / "same.json"
            same.write_text(printed.stdout)
            compared = subprocess.run([service, "--openapi-diff", same], cwd=folder, capture_output=True, text=True,
                                      timeout=60, check=False)
            assert (compared.returncode, compared.stdout) == (0, ""), compared.stdout + compared.stderr
            older = pathlib.Path(folder) / "older.json"
            older.write_text(printed.stdout.replace('"paths": {', '"paths": {\n    "/gone": {"get": {"responses": {}}},', 1))
            broken = subprocess.run([service, "--openapi-diff", older], cwd=folder, capture_output=True, text=True,
                                    timeout=60, check=False)
            assert broken.returncode == 1 and "/paths/~1gone/get" in broken.stdout, broken.stdout + broken.stderr
            missing = subprocess.run([service, "--openapi-diff", "nowhere.json"], cwd=folder, capture_output=True,
                                     text=True, timeout=60, check=False)
            assert missing.returncode == 2 and missing.stdout == "", missing.stdout + missing.stderr
            routes = subprocess.run([service, "--print-routes"], cwd=folder, capture_output=True, text=True, timeout=60,
                                    check=False)
            assert routes.returncode == 0 and "/healthz" in routes.stdout, routes.stdout + routes.stderr
        done = judge(printed.stdout)
        assert done.returncode == 0, f"{service}: {done.stdout}{done.stderr}"


def page_loads_without_a_complaint():
    chromium = shutil.which("chromium")
    if chromium is None:
        raise Skip("chromium is not installed")
    with Server() as server, tempfile.TemporaryDirectory() as profile:
        done = subprocess.run([chromium, *CHROMIUM, f"--user-data-dir={profile}", "--dump-dom", server.base + "/docs"],
                              capture_output=True, text=True, timeout=90, check=False)
        complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        assert not complaints, "\n".join(complaints)
        assert "/things/{id}" in re.sub("<[^>]*>", "", done.stdout), done.stdout[-3000:]
        # Every reference in the page, and so every request, is to where it came from.
        assert not re.findall(r'(?:src|href|action)="(?:[a-z]+:)?//', done.stdout), done.stdout[-3000:]


def main():
    checks = [served_document_is_valid, the_judge_refuses_what_is_none, service_documents_are_valid,
              page_loads_without_a_complaint]
    print(f"1..{len(checks)}")
    failed = 0
    for number, check in enumerate(checks, 1):
        name = check.__name__.replace("_", " ")
        try:
            check()
            print(f"ok {number} - openapi: {name}", flush=True)
        except Skip as why:
            print(f"ok {number} - openapi: {name} # SKIP {why}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - openapi: {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
