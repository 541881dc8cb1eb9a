#!/usr/bin/env python3
"""What testssl.sh finds: testssl_test.py REFERENCE_SERVER. Speaks TAP; nothing above LOW may be found."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

from tls_server import Authority, Server

# Of TLS itself; what stands in fields of HTTP is for services to say.
SECTIONS = ["--protocols", "--std", "--fs", "--server-preference", "--server-defaults", "--vulnerable"]
# WARN is no finding: testssl.sh could not look, as for tickets of version 1.3 that come after its client has left.
HARMLESS = {"OK", "INFO", "LOW", "DEBUG", "WARN"}


def main():
    program = shutil.which("testssl") or shutil.which("testssl.sh")
    if program is None or shutil.which("openssl") is None:
        print("1..0 # SKIP testssl.sh or openssl is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        # Of an authority that is asked by nobody, but that says where it could be.
        certificate, key = authority.issue("server", extra="crlDistributionPoints=URI:http://localhost/none.crl\n")
        found = os.path.join(folder, "found.json")
        with Server(sys.argv[1], certificate, key) as server:
            told = subprocess.run(
                [program, "--quiet", "--color", "0", "--warnings", "batch", "--nodns", "none", "--ip", "127.0.0.1", "--sneaky",
                 "--add-ca", authority.pem, "--jsonfile", found, *SECTIONS, f"localhost:{server.port}"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1500, check=False, cwd=folder)
        print("1..2")
        try:
            with open(found, encoding="utf-8") as read:
                findings = json.load(read)
        except (OSError, ValueError):
            findings = []
        ids = {finding["id"] for finding in findings}
        looked = {"TLS1_2", "TLS1_3", "heartbleed", "secure_renego", "ROBOT"} <= ids
        print(f"{'ok' if looked else 'not ok'} 1 - tls: testssl.sh has looked at it")
        if not looked:
            print("\n".join(f"# {line}" for line in (told.stdout + told.stderr).splitlines()[-40:]))
        bad = [finding for finding in findings if finding["severity"] not in HARMLESS]
        print(f"{'not ok' if bad else 'ok'} 2 - tls: testssl.sh finds nothing above LOW")
        for finding in bad:
            print(f"# {finding['severity']}: {finding['id']}: {finding['finding']}")


main()
