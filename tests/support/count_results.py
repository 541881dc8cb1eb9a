"""Counts the results in a meson testlog.json, one JSON object a line: prints "PASSED FAILED" on standard output.

Failures and skips are listed on standard error, a skip with the last line it printed, which is its reason.
"""
import json
import pathlib
import sys

passed, failed = 0, 0
log = pathlib.Path(sys.argv[1])
for line in log.read_text().splitlines() if log.exists() else []:
    test = json.loads(line)
    result = test["result"]
    if result in ("OK", "EXPECTEDFAIL"):
        passed += 1
    elif result == "SKIP":
        said = (test.get("stdout", "") + test.get("stderr", "")).strip().splitlines()
        print(f"skipped: {test['name']}: {said[-1] if said else 'no reason given'}", file=sys.stderr)
    else:
        failed += 1
        print(f"failed: {test['name']} ({result})", file=sys.stderr)
print(passed, failed)
