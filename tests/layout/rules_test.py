"""The layout rules find what they are there to find. Prints TAP."""
import pathlib
import tempfile

import rooms
import source_text

CASES = []


def case(name, holds):
    CASES.append((name, holds))


case("a room may use one to its left", rooms.why_not("runtime", "net", "rondeau/io/read.h") is None)
case("a room may not use one to its right", rooms.why_not("runtime", "io", "rondeau/net/tcp_stream.h"))
case("a room may not use one beside it", rooms.why_not("framework", "json", "rondeau/http/request.h"))
case("the runtime may not use the framework", rooms.why_not("runtime", "runtime", "rondeau/http/request.h"))
case("the framework may use the runtime", rooms.why_not("framework", "text", "rondeau/net/tcp_stream.h") is None)
case("a room nobody knows is refused", rooms.why_not("framework", "attic", "rondeau/base/result.h"))
case("the header of everything belongs to the framework", rooms.library_of("rondeau/rondeau.h") == "framework")

called = "auto t = [x, &y](int n) -> Task<void> {\n  co_await f(x, [] { return 1; });\n}(3);\n"
case("a capturing coroutine lambda called in place is found", list(source_text.lambdas_called_in_place(called)) == [1])
case("one that is passed on is not", not list(source_text.lambdas_called_in_place(called.replace("}(3)", "}"))))
case("one that captures nothing is not", not list(source_text.lambdas_called_in_place(called.replace("[x, &y]", "[]"))))
case("a plain lambda is not", not list(source_text.lambdas_called_in_place("auto t = [x](int n) { return n + x; }(3);")))
case("one in a comment is not", not list(source_text.lambdas_called_in_place("// [x] { co_return; }()")))

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "x.h"
    path.write_text('// x\n#include <rondeau/a/b.h>\n#  include "c.h"\n')
    found = list(source_text.includes(path))
case("includes are found with line and kind", found == [(2, "rondeau/a/b.h", False), (3, "c.h", True)])
case("comments and strings are blanked, lines stay",
     source_text.without_comments('a // b\n"c" /* d\n e */ f').split() == ["a", '"', '"', "f"]
     and source_text.without_comments("/*\n*/x") == "  \n  x")

print(f"1..{len(CASES)}")
for number, (name, holds) in enumerate(CASES, 1):
    print(f"{'ok' if holds else 'not ok'} {number} - layout: {name}")
