"""Runs tests and tells in TAP what became of them; for the programs beside it."""

import os
import shutil
import sys
import time
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here; says why."""


def need(*programs):
    """The paths of programs that the test runs; skips it where one is missing. One path where one was asked for."""
    paths = [shutil.which(program) for program in programs]
    missing = [program for program, path in zip(programs, paths) if path is None]
    if missing:
        why = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"
        # -Drequire_servers=true
        assert "RONDEAU_REQUIRE_SERVERS" not in os.environ, why
        raise Skip(why)
    return paths[0] if len(paths) == 1 else paths


def want_system_python():
    """Debian's packages are for Debian's Python: the program goes on under it, if it does not run there already."""
    system = "/usr/bin/python3"
    if os.access(system, os.X_OK) and os.path.realpath(sys.executable) != os.path.realpath(system):
        os.execv(system, [system, *sys.argv])


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def equal(what, expected):
    assert what == expected, f"{str(what)[:400]!r} is not {str(expected)[:400]!r}"


def until(holds, seconds=30, what="it did not come to pass"):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def run(label, tests, call=lambda test: test()):
    """Runs every test, whatever becomes of the others, and ends the program. `call` gives a test what it wants."""
    print(f"1..{len(tests)}")
    failed = 0
    for number, test in enumerate(tests, 1):
        name = f"{number} - {label}: {test.__name__.replace('_', ' ')}"
        try:
            call(test)
            print(f"ok {name}", flush=True)
        except Skip as why:
            print(f"ok {name} # SKIP {why}", flush=True)
        except Exception:  # whatever it is, the test failed
            failed += 1
            print(f"not ok {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print(f"# {line}", flush=True)
    sys.exit(1 if failed else 0)
