"""Counts the results in a meson testlog.json, one JSON object a line: prints "PASSED FAILED" on standard output.

Skips are listed on standard error, each with the last line it printed, which is its reason. Failures, with the end of what they
said, are appended to the file FAILURES, if one is named.

Usage: count_results.py TESTLOG [FAILURES]
"""
import json
import pathlib
import sys

LINES_OF_A_FAILURE = 25

passed, failures = 0, []
log = pathlib.Path(sys.argv[1])
for line in log.read_text().splitlines() if log.exists() else []:
    test = json.loads(line)
    result = test["result"]
    said = (test.get("stdout", "") + test.get("stderr", "")).strip().splitlines()
    if result in ("OK", "EXPECTEDFAIL"):
        passed += 1
    elif result == "SKIP":
        print(f"skipped: {test['name']}: {said[-1] if said else 'no reason given'}", file=sys.stderr)
    else:
        failures.append([f"failed: {test['name']} ({result}), {log.parent.parent.name}",
                         *(f"    {text}" for text in said[-LINES_OF_A_FAILURE:])])
if len(sys.argv) > 2 and failures:
    with open(sys.argv[2], "a", encoding="utf-8") as file:
        file.writelines(f"{text}\n" for failure in failures for text in failure)
print(passed, len(failures))
