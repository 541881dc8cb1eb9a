#!/usr/bin/env python3
"""Compiles 100 generated routes with 3 extractors each and 200 distinct structs with their JSON, and holds the compiler's
CPU time and memory to a budget.

Usage: compile_budget.py [--cpu SECONDS] [--memory MIB] [--routes N] -- COMPILER [ARGUMENT…]
"""
import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

HEAD = """#include <rondeau/rondeau.h>
using namespace rondeau;
struct App { std::string name; };
"""

ROUTE = """
struct In{n} {{ int id; std::string name; std::optional<double> weight; std::vector<std::string> tags; }};
struct Out{n} {{ std::string name; long long count; bool done; std::vector<int> parts; }};
Task<Json<Out{n}>> handle{n}(Path<"id", int> id, State<App> app, Json<In{n}> in) {{
  co_return Json{{Out{n}{{app->name + in->name, *id, in->id > {n}, {{}}}}}};
}}
"""


def program(routes):
    parts = [HEAD]
    parts += [ROUTE.format(n=n) for n in range(routes)]
    parts.append("\nint main() {\n  Router<App> router{App{}};\n")
    parts += [f'  router.post<"/api/r{n}/{{id}}">(handle{n});\n' for n in range(routes)]
    parts.append("  return router.build() ? 0 : 1;\n}\n")
    return "".join(parts)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cpu", type=float, default=15)
    options.add_argument("--memory", type=float, default=500)
    options.add_argument("--routes", type=int, default=100)
    options.add_argument("command", nargs="+")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "routes.cpp"
        source.write_text(program(arguments.routes))
        command = [*arguments.command, "-c", source, "-o", source.with_suffix(".o")]
        # A cache of compilations would hide what is measured.
        compiled = subprocess.run(command, check=False, env=os.environ | {"CCACHE_DISABLE": "1"})
        size = source.with_suffix(".o").stat().st_size if compiled.returncode == 0 else 0
    if compiled.returncode != 0:
        return "the generated routes do not compile"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    memory = used.ru_maxrss / 1024
    print(f"{arguments.routes} routes: {cpu:.1f} s of CPU ({arguments.cpu:g} allowed), {memory:.0f} MiB "
          f"({arguments.memory:g} allowed), object of {size / 1e6:.1f} MB")
    return 0 if cpu <= arguments.cpu and memory <= arguments.memory else "over the budget"


if __name__ == "__main__":
    sys.exit(main())
