"""No row without a test: every row of runtime/PARITY.md that is said to be reached has its id in the name of a test, and every
header and test that framework/PARITY.md names is there.
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


def named_files(text):
    """(line, header or test) for each that a table names: the second and third column."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) < 3 or cells[1] in ("header", "---"):
            continue
        for name in f"{cells[1]}, {cells[2]}".split(", "):
            yield number, name


def is_there(root, name):
    if name.endswith(".h"):
        return any((root / library / "include/rondeau" / name).exists() for library in ("framework", "runtime"))
    test = root / (name if name.startswith("tests/") else f"tests/framework/{name}")
    return test.is_dir() or any(test.with_name(test.name + ending).exists() for ending in (".cpp", ".py"))


def main(root):
    ids = set()
    for path in sorted((root / "tests/runtime").rglob("*.cpp")):
        ids |= tested(path.read_text(encoding="utf-8"))
    parity = (root / "runtime/PARITY.md").read_text(encoding="utf-8")
    bare = [f"# runtime/PARITY.md:{line}: {row} stands in no test's name" for row, line in rows(parity) if row not in ids]

    framework = (root / "framework/PARITY.md").read_text(encoding="utf-8")
    lost = [f"# framework/PARITY.md:{line}: {name} is not there"
            for line, name in named_files(framework) if not is_there(root, name)]

    sample = '## A\n| AB1 | x |\n| AB2 | y |\n## Not there\n| AB3 | z |\n## Left out, and why\n| AB4 | z |\n'
    checks = [
        ("rows are read, those of what is not there are not", [row for row, _ in rows(sample)] == ["AB1", "AB2"]),
        ("ids are found before the colon only",
         tested('TEST_CASE("AB1, AB2: as AB3")\nTEST_CASE("room: AB4")\n// TEST_CASE "AB5:"') == {"AB1", "AB2"}),
        ("files are read off the table", [name for _, name in named_files("| x | a/b.h, c.h | d_test | partly |")] ==
         ["a/b.h", "c.h", "d_test"]),
        ("a file that is not there is noticed", not is_there(root, "x/y.h") and not is_there(root, "tests/none_test")),
        ("no row of the runtime's parity list without a test", not bare),
        ("every header and test of the framework's parity list is there", not lost),
    ]
    print(f"1..{len(checks)}")
    for number, (name, holds) in enumerate(checks, 1):
        print(f"{'ok' if holds else 'not ok'} {number} - layout: {name}")
    print("\n".join(bare + lost))


main(pathlib.Path(sys.argv[1]))
