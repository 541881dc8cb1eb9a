"""A page of prose as programs. See README.md of runtime/guide for what it tells its writers.

A page is one source file, as a reader would paste it: a section (a heading of two or more #) uses what stands above it,
so no name of the page or of the library is defined twice. Blocks marked ```cpp are put one after the other; a block in
a comment, `<!-- cpp` to `-->`, is compiled like them and not shown. A section that has an `int main()` is a program, and
a block marked ```console in it is what that prints; there … stands for anything. A main that takes arguments is compiled,
and not run. A comment `<!-- from FILE -->` before a
block says that the block stands in that file, which is compiled elsewhere, word for word.
"""

import pathlib
import re

MAIN = "int main("
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Section:
    def __init__(self, title):
        self.title = title
        self.lines = []  # pairs of a line's number in the page and its text
        self.printed = None
        self.quotes = []  # triples of a line's number, a file's name and the text that is to stand in it

    def is_program(self):
        return any(line.startswith(MAIN + ")") for _, line in self.lines)


def read(path):
    """The sections of the page."""
    sections = [Section("the beginning")]
    block, kind, quoted_from = [], None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        current = sections[-1]
        if kind is not None:
            if line != ("-->" if kind == "hidden" else "```"):
                block.append((number, line))
                continue
            if kind == "cpp" and quoted_from:
                current.quotes.append((number, quoted_from, "\n".join(text for _, text in block)))
            elif kind in ("cpp", "hidden"):
                current.lines += block
            elif kind == "console":
                assert current.printed is None, f"{path.name}:{number}: one console block a section"
                current.printed = "".join(text + "\n" for _, text in block if not text.startswith("$ "))
            if kind != "hidden":
                quoted_from = None
            block, kind = [], None
        elif line == "<!-- cpp":
            kind = "hidden"
        elif line.startswith("```"):
            kind = line.removeprefix("```") or "text"
        elif found := re.fullmatch(r"<!-- from (\S+) -->", line):
            quoted_from = found.group(1)
        elif found := re.match(r"##+ (.*)", line):
            sections.append(Section(found.group(1)))
    assert kind is None, f"{path.name}: the last block has no end"
    return sections


def program(path):
    """The source text of the page."""
    sections = read(path)
    includes, body, calls = {}, [], []
    for index, section in enumerate(sections):
        main_of_section = f"int main_{index}("
        before = None
        for number, line in section.lines:
            if line.startswith("#include"):
                includes[line] = None
                continue
            if before != number - 1:
                body.append(f'#line {number} "{path}"')
            body.append(main_of_section + line.removeprefix(MAIN) if line.startswith(MAIN) else line)
            before = number
        if section.is_program():
            calls.append(f"    case {index}: return main_{index}();")
    driver = ["int main(int, char** arguments) {", "  switch (std::atoi(arguments[1])) {", *calls,
              "    default: return 2;", "  }", "}"]
    return "\n".join(["#include <cstdlib>", *includes, *body, '#line 1 "driver"', *driver, ""])
