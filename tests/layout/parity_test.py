"""No row without a test: every row of runtime/PARITY.md that is said to be reached has its id in the name of a test.
Usage: parity_test.py SOURCE_ROOT; prints TAP.

Ids stand first in the name, before the colon: TEST_CASE("SY7: one order for all"), TEST_CASE("TK3, TK4: …").
"""
import pathlib
import re
import sys

EXEMPT = ("Not there", "Left out")
ROW = re.compile(r"^\|\s*([A-Z]{2}\d+)\s*\|")
NAME = re.compile(r'TEST_CASE(?:_TEMPLATE(?:_DEFINE)?)?\(\s*"([^":]*):')
ID = re.compile(r"\b[A-Z]{2}\d+\b")


def rows(text):
    """The ids of the rows that are held to have a test, with their line."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            section = line[3:].strip()
        elif (row := ROW.match(line)) and not section.startswith(EXEMPT):
            yield row.group(1), number


def tested(text):
    """The ids that names of tests carry."""
    return {found for name in NAME.findall(text) for found in ID.findall(name)}


def main(root):
    ids = set()
    for path in sorted((root / "tests/runtime").rglob("*.cpp")):
        ids |= tested(path.read_text(encoding="utf-8"))
    parity = (root / "runtime/PARITY.md").read_text(encoding="utf-8")
    bare = [f"# runtime/PARITY.md:{line}: {row} stands in no test's name" for row, line in rows(parity) if row not in ids]

    sample = '## A\n| AB1 | x |\n| AB2 | y |\n## Not there\n| AB3 | z |\n## Left out, and why\n| AB4 | z |\n'
    checks = [
        ("rows are read, those of what is not there are not", [row for row, _ in rows(sample)] == ["AB1", "AB2"]),
        ("ids are found before the colon only",
         tested('TEST_CASE("AB1, AB2: as AB3")\nTEST_CASE("room: AB4")\n// TEST_CASE "AB5:"') == {"AB1", "AB2"}),
        ("no row of the parity list without a test", not bare),
    ]
    print(f"1..{len(checks)}")
    for number, (name, holds) in enumerate(checks, 1):
        print(f"{'ok' if holds else 'not ok'} {number} - layout: {name}")
    print("\n".join(bare))


main(pathlib.Path(sys.argv[1]))
