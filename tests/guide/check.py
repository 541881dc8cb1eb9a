#!/usr/bin/env python3
"""Runs the programs of a page and compares what they print: check.py PAGE PROGRAM. Speaks TAP."""

import pathlib
import re
import subprocess
import sys

import page

PAGE = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = sys.argv[2]
SECONDS = 60


def links_lead_somewhere():
    prose = re.sub(r"^(```.*?^```|<!-- cpp$.*?^-->)$", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose):
        if not (PAGE.parent / link).exists():
            yield f"{link} is not there"


def quotes_stand_in_their_files(sections):
    for section in sections:
        for number, name, text in section.quotes:
            if text not in (page.ROOT / name).read_text(encoding="utf-8"):
                yield f"line {number}: this does not stand in {name}"


def what_is_wrong(index, section):
    try:
        done = subprocess.run([PROGRAM, str(index)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        yield f"it did not end in {SECONDS} s"
        return
    if done.returncode != 0:
        yield f"it ended with {done.returncode}"
    if section.printed is not None:
        pattern = re.escape(section.printed).replace("…", ".*")
        if not re.fullmatch(pattern, done.stdout, re.DOTALL):
            yield "it printed"
            yield from done.stdout.splitlines()
    if list_of_errors := done.stderr.splitlines():
        # What a debug build says of forgotten tasks, a sanitizer, a watchdog: none of it belongs into a tutorial.
        yield "it complained"
        yield from list_of_errors


def main():
    sections = page.read(PAGE)
    checks = [("its links lead somewhere", links_lead_somewhere()),
              ("what it quotes stands there", quotes_stand_in_their_files(sections))]
    checks += [(section.title, what_is_wrong(index, section))
               for index, section in enumerate(sections) if section.is_program()]
    print(f"1..{len(checks)}")
    failed = 0
    for number, (name, complaints) in enumerate(checks, 1):
        complaints = list(complaints)
        failed += bool(complaints)
        print(f"{'not ' if complaints else ''}ok {number} - {PAGE.name}: {name.replace('#', '')}", flush=True)
        for line in complaints:
            print(f"# {line}")
    sys.exit(1 if failed else 0)


main()
