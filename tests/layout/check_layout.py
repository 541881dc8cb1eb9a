"""Holds the tree to its layout. Usage: check_layout.py SOURCE_ROOT BUILD_ROOT; prints TAP.

Each rule is a function that yields what breaks it, one line each, as "file:line: what".
"""
import json
import pathlib
import re
import subprocess
import sys

import rooms
import source_text

root = pathlib.Path(sys.argv[1]).resolve()
build = pathlib.Path(sys.argv[2]).resolve()

TOP_LEVEL = {
    ".ci", ".clang-format", ".clang-tidy", ".editorconfig", ".git", ".gitignore", "LICENSE", "README.md",
    "examples", "framework", "meson.build", "meson_options.txt", "runtime", "services", "subprojects", "tests",
}
# Programs of their own: projects that use Rondeau from outside, what becomes such projects, and programs that must not compile.
NOT_IN_THE_BUILD = {"compile_fail", "consumer", "templates", "wrong"}
HEAVY = re.compile(r"^(nlohmann/json\.hpp|openssl/.*|llhttp\.h|sqlite3\.h|sys/epoll\.h)$")
FORBIDDEN = {
    "a lenient setter of llhttp: what is ambiguous is refused": r"llhttp_set_lenient",
    "a fence: ThreadSanitizer does not model it; order by operations": r"\batomic_(thread|signal)_fence\b",
    "an attribute that promises never to destroy a suspended frame: cancelling is destroying":
        r"\bcoro_only_destroy_when_complete\b",
    "std::regex: its worst case belongs to whoever sends the input": r"\bstd::(basic_)?regex\b",
}


def files(*folders, endings=(".h", ".cpp")):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in endings and path.is_file():
                yield path


def place(path, line=1):
    return f"{path.relative_to(root)}:{line}"


def the_top_level_holds_only_what_it_should():
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files"], capture_output=True, text=True, check=False).stdout
        names = {line.split("/")[0] for line in listed.splitlines()}
    else:
        names = {path.name for path in root.iterdir() if not path.name.startswith("build")}
    for name in sorted(names - TOP_LEVEL):
        yield f"{name}: is not a name of the top level"


def public_headers_look_down_never_up():
    for library in ("runtime", "framework"):
        for path in files(f"{library}/include"):
            room = path.relative_to(root / library / "include/rondeau").parts[0]
            for line, name, _ in source_text.includes(path):
                if problem := rooms.why_not(library, room, name):
                    yield f"{place(path, line)}: {problem}"


def the_runtime_knows_nothing_of_the_framework():
    for path in files("runtime", "tests/runtime"):
        for line, name, _ in source_text.includes(path):
            if rooms.library_of(name) == "framework":
                yield f"{place(path, line)}: includes {name} of the framework"


def nobody_above_the_runtime_includes_its_details():
    for path in files("framework", "services", "examples", "tests/framework"):
        for line, name, _ in source_text.includes(path):
            if name.startswith("rondeau/detail/"):
                yield f"{place(path, line)}: includes {name}"


def services_and_examples_use_only_public_headers():
    for path in files("services", "examples"):
        for line, name, quoted in source_text.includes(path):
            own = [folder for folder in path.parents if root in folder.parents and folder != root / "services"]
            if quoted and not any((folder / name).exists() for folder in own):
                yield f"{place(path, line)}: {name} is none of its own files"


def public_headers_are_light():
    for path in files("runtime/include", "framework/include"):
        for line, name, quoted in source_text.includes(path):
            if quoted:
                yield f"{place(path, line)}: includes the private {name}"
            elif HEAVY.match(name):
                yield f"{place(path, line)}: brings {name} to everyone who includes it"


def public_headers_say_what_they_are_for():
    for path in files("runtime/include", "framework/include"):
        if not path.read_text().startswith("//"):
            yield f"{place(path)}: does not start with a comment"


def forbidden_words_are_absent():
    for path in files("runtime", "framework", "services", "examples", "tests", endings=(".h", ".cpp", ".build")):
        code = source_text.without_comments(path.read_text())
        for why, pattern in FORBIDDEN.items():
            for match in re.finditer(pattern, code):
                yield f"{place(path, code.count(chr(10), 0, match.start()) + 1)}: {why}"


def no_capturing_coroutine_lambda_is_called_in_place():
    for path in files("runtime", "framework", "services", "examples", "tests"):
        for line in source_text.lambdas_called_in_place(path.read_text()):
            yield f"{place(path, line)}: the closure is gone before the coroutine's body runs"


def every_source_is_built():
    targets = json.loads((build / "meson-info/intro-targets.json").read_text())
    built = {str(pathlib.Path(source).resolve())
             for target in targets for part in target["target_sources"] for source in part["sources"]}
    for path in files("runtime", "framework", "services", "examples", "tests", endings=(".cpp",)):
        if str(path) not in built and not NOT_IN_THE_BUILD & set(path.parts):
            yield f"{place(path)}: no meson.build lists it"


def every_public_header_is_installed():
    installed = json.loads((build / "meson-info/intro-installed.json").read_text())
    for path in files("runtime/include", "framework/include"):
        if str(path) not in installed:
            yield f"{place(path)}: the list of headers in its library's meson.build lacks it"


RULES = [
    the_top_level_holds_only_what_it_should,
    public_headers_look_down_never_up,
    the_runtime_knows_nothing_of_the_framework,
    nobody_above_the_runtime_includes_its_details,
    services_and_examples_use_only_public_headers,
    public_headers_are_light,
    public_headers_say_what_they_are_for,
    forbidden_words_are_absent,
    no_capturing_coroutine_lambda_is_called_in_place,
    every_source_is_built,
    every_public_header_is_installed,
]

print(f"1..{len(RULES)}")
for number, rule in enumerate(RULES, 1):
    broken = list(rule())
    print(f"{'not ok' if broken else 'ok'} {number} - layout: {rule.__name__.replace('_', ' ')}")
    for line in broken:
        print(f"# {line}")
