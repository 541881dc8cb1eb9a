#!/usr/bin/env python3
"""Compiles programs that must not compile, and looks for the sentence that tells their author why.

Usage: compile_fail.py [--precompile HEADER] FOLDER -- COMPILER [ARGUMENT…]; prints TAP. With HEADER, what all programs
include is compiled once (clang only). Each .cpp of FOLDER starts with `// expects: SENTENCE`,
and the first line of the compiler's output that holds `error:` must hold the sentence too, in at most 45 lines in all.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

MOST_LINES = 45
PREFIX = "// expects: "


def problem_of(source, command):
    first_line = source.read_text().split("\n", 1)[0]
    if not first_line.startswith(PREFIX):
        return f"its first line is not '{PREFIX}SENTENCE'"
    sentence = first_line.removeprefix(PREFIX)
    run = subprocess.run([*command, "-fsyntax-only", source], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace", check=False)
    if run.returncode == 0:
        return "it compiles"
    lines = run.stdout.splitlines()
    first_error = next((line for line in lines if "error:" in line), "(no line holds 'error:')")
    if sentence not in first_error:
        return f"the first error is: {first_error}"
    if len(lines) > MOST_LINES:
        return f"the compiler says {len(lines)} lines, more than {MOST_LINES}"
    return None


def precompile(header, command, folder):
    """The arguments that make `command` begin where `header` ends; none where the compiler is not clang."""
    output = pathlib.Path(folder) / "header.pch"
    made = subprocess.run([*command, "-x", "c++-header", header, "-o", output], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    return ["-include-pch", str(output)] if made.returncode == 0 else []


def main(*arguments):
    header = None
    if arguments[:1] == ("--precompile",):
        header, *arguments = arguments[1:]
    folder, dashes, *command = [*arguments, "", ""][: max(2, len(arguments))]
    if dashes != "--" or not command:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        return check(folder, command + (precompile(header, command, scratch) if header else []))


def check(folder, command):
    sources = sorted(pathlib.Path(folder).glob("*.cpp"))
    if not sources:
        sys.exit(f"no programs in {folder}")
    print(f"1..{len(sources)}")
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = pool.map(lambda source: problem_of(source, command), sources)
        for number, (source, problem) in enumerate(zip(sources, problems), 1):
            print(f"{'not ok' if problem else 'ok'} {number} - {source.stem}", flush=True)
            if problem:
                print(f"# {source}: {problem}")
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
