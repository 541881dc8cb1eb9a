#!/usr/bin/env python3
"""What `rondeau` writes builds with warnings as errors, passes its tests and answers: scaffold_test.py HOW RONDEAU SOURCE_ROOT
BUILD_ROOT CXX…

HOW: quick  one service through its life, and every other template once, against an install in a scratch prefix
     all    every template with every database, and each way of finding the framework
Speaks TAP.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
import tap  # pylint: disable=wrong-import-position
from server_process import ServerProcess  # pylint: disable=wrong-import-position
from tap import equal, need  # pylint: disable=wrong-import-position

HOW = sys.argv[1]
RONDEAU = os.path.abspath(sys.argv[2])
SOURCE = pathlib.Path(sys.argv[3]).resolve()
BUILD = pathlib.Path(sys.argv[4]).resolve()
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="scaffold-"))
ENVIRONMENT = {**os.environ, "CXX": " ".join(sys.argv[5:]), "NO_COLOR": "1"}
# What the compiler cache has seen of the same sources in another folder counts.
ENVIRONMENT.setdefault("CCACHE_NOHASHDIR", "1")
ENVIRONMENT.setdefault("CCACHE_SLOPPINESS", "pch_defines,time_macros,include_file_mtime,include_file_ctime")
ENVIRONMENT.pop("RONDEAU_TEMPLATES", None)
# As the tests of the checkout itself are built: fast to compile.
SETUP = ["-Dwerror=true", "-Doptimization=0", "-Ddebug=false", "--wrap-mode=nodownload"]


def run(*command, folder=SCRATCH, code=0, environment=None):
    """Both streams of a program that ends with that code."""
    done = subprocess.run([str(word) for word in command], cwd=folder, env={**ENVIRONMENT, **(environment or {})},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=1800, check=False)
    said = "\n".join(done.stdout.splitlines()[-60:])
    assert done.returncode == code, f"{' '.join(map(str, command))} ended with {done.returncode}, not {code}:\n{said}"
    return done.stdout


def rondeau(*words, folder=SCRATCH, code=0):
    return run(RONDEAU, *words, folder=folder, code=code)


def listed(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def install():
    """The framework in a scratch prefix, found by pkg-config; once."""
    prefix = SCRATCH / "installed"
    if not prefix.exists():
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", prefix)
        for file in next(prefix.rglob("rondeau.pc")).parent.glob("*.pc"):
            lines = file.read_text().splitlines()
            moved = prefix / lines[0].removeprefix("prefix=").lstrip("/")
            file.write_text("\n".join([f"prefix={moved}", *lines[1:]]) + "\n")
    return {"PKG_CONFIG_PATH": str(next(prefix.rglob("rondeau.pc")).parent)}


def build(project, environment=None):
    """Builds and tests it in its folder `build`."""
    if not (project / "build/build.ninja").exists():
        run("meson", "setup", "build", *SETUP, folder=project, environment=environment)
    run("ninja", "-C", "build", folder=project, environment=environment)
    said = run("meson", "test", "-C", "build", "--no-rebuild", "--print-errorlogs", folder=project, environment=environment)
    assert re.search(r"Fail: +0", said) and re.search(r"Ok: +[1-9]", said), said


@contextlib.contextmanager
def running(project, name, *flags):
    with ServerProcess(project / "build" / name, "--profile", "dev", "--port", "0", *flags, cwd=project) as service:
        yield service


def ask(service, path, body=None, method=None):
    request = urllib.request.Request("http://%s:%d%s" % (*service.address, path), method=method,
                                     data=None if body is None else json.dumps(body).encode(),
                                     headers={} if body is None else {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, answer.read().decode()


def what_cannot_be_written_is_refused_and_nothing_is():
    folder = SCRATCH / "refusals"
    (folder / "full").mkdir(parents=True)
    (folder / "full/mine.txt").write_text("mine")
    for words, why in [
            (["new", "Orders"], "a service is named by"),
            (["new", "int"], "word of C++"),
            (["new", "time"], "function of the C library"),
            (["new", "full"], "--force overwrites"),
            (["new", "orders", "--template", "htp"], "did you mean http?"),
            (["new", "orders", "--db", "mysql"], "--db is one of none|sqlite|postgres"),
            (["new", "orders", "--port", "0"], "--port takes a number from 1 to 65535"),
            (["new", "orders", "--port", "80x"], "--port takes a number from 1 to 65535"),
            (["new", "orders", "--in-tree"], "--in-tree is for a checkout of Rondeau"),
            (["new", "orders", "--framework", "/nowhere"], "neither an URL nor a checkout"),
            (["new", "orders", "--in-tree", "--framework", SOURCE], "exclude each other"),
            (["new", "orders", "--templates", "/nowhere"], "there are no templates in /nowhere"),
            (["new", "orders", "--dir", "/proc/orders"], "cannot"),
            (["new"], "rondeau new needs NAME"),
            (["nwe", "orders"], "did you mean new?"),
            (["new", "orders", "--dry"], "there is no option --dry"),
            (["add", "route", "GET", "/x"], "there is no .rondeau.json"),
            ([], "usage: rondeau COMMAND"),
    ]:
        said = rondeau(*words, folder=folder, code=2)
        assert why in said, said
        if words:
            equal(len(said.splitlines()), 1)
        equal(listed(folder), ["full/mine.txt"])


def a_dry_run_lists_what_a_run_writes():
    folder = SCRATCH / "dry"
    folder.mkdir()
    listing = rondeau("new", "orders", "--db", "sqlite", "--dry-run", folder=folder).splitlines()
    equal(listed(folder), [])
    rondeau("new", "orders", "--db", "sqlite", folder=folder)
    equal(sorted(listing), listed(folder))
    equal([path.name for path in folder.iterdir()], ["orders"])


def force_overwrites_what_it_writes_and_nothing_else():
    project = SCRATCH / "forced"
    rondeau("new", "forced")
    (project / "notes.txt").write_text("mine")
    (project / "src/app.cpp").write_text("mine")
    said = rondeau("new", "forced", "--force")
    assert "overwritten: forced/src/app.cpp" in said and "notes.txt" not in said, said
    equal((project / "notes.txt").read_text(), "mine")
    assert "routes(App app)" in (project / "src/app.cpp").read_text()


def an_end_in_between_leaves_nothing():
    """Killed at any moment, a run has written the whole folder or none of it."""
    folder = SCRATCH / "killed"
    folder.mkdir()
    whole = None
    for number in range(40):
        process = subprocess.Popen([RONDEAU, "new", f"orders{number}"], cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        try:
            process.wait(timeout=number * 0.0005)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        target = folder / f"orders{number}"
        if target.exists():
            found = len(listed(target))
            whole = whole or found
            equal(found, whole)


def parts_that_nobody_wants_are_left_out():
    rondeau("new", "bare", "--no-container", "--no-k8s", "--no-systemd", "--no-ci")
    files = listed(SCRATCH / "bare")
    equal([file for file in files if file.startswith("deploy/")], ["deploy/README.md"])
    assert not any("github" in file or "docker" in file for file in files), files


def templates_are_listed_and_may_be_ones_own():
    listing = rondeau("new", "--list-templates")
    equal([line.split()[0] for line in listing.splitlines()], ["gateway", "http", "minimal", "websocket", "worker"])
    own = SCRATCH / "own/tiny"
    own.mkdir(parents=True)
    (own / "template.json").write_text('{"version": 1, "summary": "tiny"}')
    (own / "{{name}}.txt").write_text("{{NAME}} on {{port}}\n")
    rondeau("new", "my-thing", "--template", "tiny", "--templates", own.parent, "--port", "99")
    equal((SCRATCH / "my-thing/my-thing.txt").read_text(), "MY_THING on 99\n")


def a_service_is_written_built_run_and_grows():
    environment = install()
    rondeau("new", "orders", "--db", "sqlite")
    project = SCRATCH / "orders"
    build(project, environment)
    with running(project, "orders") as service:
        equal(ask(service, "/readyz")[0], 200)
        status, created = ask(service, "/orders", {"name": "ink", "quantity": 3})
        equal(status, 201)
        equal(json.loads(created), {"id": 1, "name": "ink", "quantity": 3})
        equal(ask(service, "/orders/1", {"name": "red ink"}, "PUT")[0], 200)
        equal(service.end(), 0)
    with running(project, "orders") as service:  # it is still there
        equal(json.loads(ask(service, "/orders")[1]), [{"id": 1, "name": "red ink", "quantity": 1}])
        equal(ask(service, "/orders/1", method="DELETE")[0], 204)
        equal(service.end(), 0)

    rondeau("openapi", "--check", folder=project)
    rondeau("upgrade", "--diff", folder=project)
    for template_file in project.rglob("*.rondeau-new"):
        raise AssertionError(template_file)

    rondeau("add", "route", "GET", "/orders/{id}/items", folder=project / "src")
    rondeau("add", "job", "clean-up", folder=project)
    rondeau("add", "migration", "add-notes", folder=project)
    grown = {path: (project / path).read_bytes() for path in listed(project) if not path.startswith("build/")}
    for words in (["route", "GET", "/orders/{id}/items"], ["job", "clean-up"], ["migration", "add-notes"]):
        assert "is there already" in rondeau("add", *words, folder=project)
    equal({path: (project / path).read_bytes() for path in grown}, grown)
    assert "src/routes/orders.cpp" in rondeau("add", "route", "GET", "/orders/{id}", folder=project, code=2)
    build(project, environment)
    with running(project, "orders") as service:
        equal(ask(service, "/orders/7/items")[1], '{"id":"7"}')
        equal(service.end(), 0)
        assert any("clean_up ended runs=1" in line for line in service.lines), service.lines

    said = rondeau("openapi", "--check", folder=project, code=1)
    assert "GET" in said or "/orders/{id}/items" in said.replace("~1", "/"), said
    shutil.copy(project / "openapi.json", project / "older.json")
    rondeau("openapi", "--write", folder=project)
    rondeau("openapi", "--check", folder=project)
    assert "breaking" not in rondeau("openapi", "diff", "older.json", "openapi.json", folder=project)
    assert "breaking" in rondeau("openapi", "diff", "openapi.json", "older.json", folder=project, code=1)
    rondeau("openapi", "diff", "openapi.json", "nowhere.json", folder=project, code=2)
    assert re.search(r"GET +/orders/\{id\}/items +get_orders_id_items", rondeau("routes", folder=project))

    # What the service did at its start is known, and done elsewhere by hand.
    equal([line.split()[-1] for line in rondeau("migrate", "--status", folder=project).splitlines()], ["applied"] * 2)
    other = ["migrate", "--database", "sqlite:other.db"]
    equal(rondeau(*other, "--status", folder=project).count("to come"), 2)
    equal(rondeau(*other, folder=project), "applied: 0001\napplied: 0002\n")
    equal(rondeau(*other, folder=project), "nothing to do\n")
    assert "down" in rondeau(*other, "--down-to", "1", folder=project, code=1)
    (project / "migrations/0002_add_notes.down.sql").write_text("select 1;\n")
    equal(rondeau(*other, "--down-to", "1", folder=project), "undone: 0002\n")

    with ServerProcess(RONDEAU, "run", "--", "--port", "0", cwd=project / "src", environment=environment) as service:
        equal(ask(service, "/readyz")[0], 200)
        equal(service.end(), 0)


def without_markers_nothing_is_changed():
    rondeau("new", "plain")
    project = SCRATCH / "plain"
    main = project / "src/app.cpp"
    main.write_text(main.read_text().replace("// >>> routes", ""))
    before = {path: (project / path).read_bytes() for path in listed(project)}
    said = rondeau("add", "route", "GET", "/x", folder=project, code=1)
    assert 'router.get<"/x", get_x>()' in said and "src/app.cpp" in said, said
    equal({path: (project / path).read_bytes() for path in listed(project)}, before)


def an_upgrade_replaces_what_nobody_touched_and_puts_the_rest_beside():
    rondeau("new", "aged", "--db", "sqlite")
    project = SCRATCH / "aged"
    newer = SCRATCH / "newer"
    shutil.copytree(SOURCE / "framework/tool/templates", newer)
    about = newer / "http/template.json"
    about.write_text(about.read_text().replace('"version": 1', '"version": 2'))
    for path in ("common/Makefile", "common/src/app.cpp", "common/dot-editorconfig"):
        (newer / path).write_text((newer / path).read_text() + "\n# newer\n")
    (newer / "common/added.txt").write_text("added\n")
    (project / "src/app.cpp").write_text("// mine\n")
    (project / ".editorconfig").unlink()
    own = ["--templates", newer]
    listing = rondeau("upgrade", "--diff", *own, folder=project, code=1)
    equal(sorted(re.findall(r"^\+\+\+ (\S+) \(new\)", listing, re.M)), ["Makefile", "added.txt", "src/app.cpp"])
    run("git", "init", "-q", folder=project)
    assert "not committed" in rondeau("upgrade", "--apply", *own, folder=project, code=2)
    shutil.rmtree(project / ".git")
    rondeau("upgrade", "--apply", *own, folder=project)
    assert (project / "Makefile").read_text().endswith("# newer\n")
    equal((project / "added.txt").read_text(), "added\n")
    equal((project / "src/app.cpp").read_text(), "// mine\n")
    assert (project / "src/app.cpp.rondeau-new").read_text().endswith("# newer\n")
    assert not (project / ".editorconfig").exists()
    equal(rondeau("upgrade", "--diff", *own, folder=project), "")
    assert "take a newer rondeau" in rondeau("upgrade", "--diff", folder=project, code=2)
    rondeau("upgrade", folder=project, code=2)


def the_doctor_looks_at_each_thing_in_a_line():
    done = subprocess.run([RONDEAU, "doctor"], cwd=SCRATCH, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, timeout=120,
                          check=False)
    lines = done.stdout.splitlines()
    assert len(lines) >= 12 and all(re.match(r"(ok  |note|mend)  \S", line) for line in lines), done.stdout
    equal(done.returncode, 1 if any(line.startswith("mend") for line in lines) else 0)
    assert lines[0].endswith("compiles coroutines correctly"), lines[0]
    wrong = subprocess.run([RONDEAU, "doctor"], cwd=SCRATCH, env={**ENVIRONMENT, "CXX": "/bin/false"}, stdout=subprocess.PIPE,
                           text=True, timeout=120, check=False)
    equal(wrong.returncode, 1)
    assert wrong.stdout.startswith("mend  compiler /bin/false") and "clang-19" in wrong.stdout.splitlines()[0], wrong.stdout


def shells_complete_what_the_table_has():
    script = SCRATCH / "rondeau.bash"
    script.write_text(rondeau("completion", "bash"))

    def completed(*words):
        asked = " ".join(f"'{word}'" for word in words)
        return run("bash", "-c", f"source {script}; COMP_WORDS=({asked}); COMP_CWORD={len(words) - 1}; _rondeau; "
                                 "echo ${COMPREPLY[@]}").split()

    equal(completed("rondeau", "ne"), ["new"])
    equal(completed("rondeau", "add", "ro"), ["route"])
    equal(completed("rondeau", "openapi", "di"), ["diff"])
    equal(completed("rondeau", "new", "x", "--db", "sq"), ["sqlite"])
    equal(completed("rondeau", "new", "x", "--no-k"), ["--no-k8s"])
    equal(completed("rondeau", "upgrade", "--a"), ["--apply"])
    for shell in ("zsh", "fish"):
        assert "in-tree" in rondeau("completion", shell)
    rondeau("completion", "tcsh", code=2)


def units_pass_systemds_own_check():
    analyze = need("systemd-analyze")
    rondeau("new", "judged", "--db", "sqlite")
    deploy = SCRATCH / "judged/deploy"
    unit = deploy / "judged.service"
    # What it starts has to be there.
    unit.write_text(unit.read_text().replace("/usr/local/bin/judged", "/bin/true"))
    equal(run(analyze, "verify", "--man=no", unit, deploy / "judged.socket"), "")
    unit.write_text(unit.read_text().replace("Type=notify", "Type=notifi"))
    assert run(analyze, "verify", "--man=no", unit) != "", "it overlooks a mistake"
    unit.write_text(unit.read_text().replace("Type=notifi", "Type=notify"))
    run(analyze, "security", "--offline=true", "--threshold=20", unit)


def manifests_are_put_together():
    kubectl = need("kubectl")
    for db, kinds in [("sqlite", ["ConfigMap", "Deployment", "PersistentVolumeClaim", "Service"]),
                      ("postgres", ["ConfigMap", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"])]:
        rondeau("new", "put-" + db, "--db", db)
        for overlay in ("dev", "prod"):
            text = run(kubectl, "kustomize", f"put-{db}/deploy/k8s/overlays/{overlay}")
            equal(sorted(re.findall(r"^kind: (\w+)$", text, re.M)), kinds)
            assert f"namespace: {overlay}" in text
            assert (f"PUT_{db.upper()}__LOG__LEVEL: debug" in text) == (overlay == "dev"), text
            assert "terminationGracePeriodSeconds: 45" in text and "readOnlyRootFilesystem: true" in text


def read_guide(text):
    """What the page does, in order: ("run", command, expected), ("into", file, text) and ("stands", file, text)."""
    steps = []
    for where, kind, block in re.findall(r"(?:^<!-- ([^\n]*) -->\n)?^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if kind == "console":
            for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                typed, _, expected = command.partition("\n")
                steps.append(("run", typed, expected))
        else:
            assert where, f"a block that is neither run nor compiled:\n{block}"
            verb, path = where.split(maxsplit=1)
            steps.append((verb, path.removeprefix("in "), block))
    return steps


def the_guide_does_what_it_says():
    environment = install()
    folder = SCRATCH / "guide"
    folder.mkdir()
    steps = read_guide((SOURCE / "framework/guide/new-service.md").read_text())
    with socket.socket() as taken:  # a port that was free a moment ago
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    script = [f"set -u; export {name}='{value}'" for name, value in environment.items()]
    script += [f"export PATH='{os.path.dirname(RONDEAU)}':$PATH; export CC=${{CC:-clang-19}}; exec 2>&1"]
    expected = []
    for number, (verb, what, text) in enumerate(steps):
        if verb == "run":
            command = what.replace("8080", port)
            if command.startswith("meson setup"):
                command += " " + " ".join(SETUP)
            if "--profile dev" in command:
                command = command.replace("--profile dev", f"--profile dev --port {port}")
            script += [f"printf '\\n@@ {number}\\n'", command]
            expected.append((number, what, text))
        elif verb == "into":
            (folder / f"block{number}").write_text(text)
            script.append(f"cp ../block{number} {what}")
        else:
            (folder / f"block{number}").write_text(text)
            script.append(f"python3 -c 'import sys; sys.exit(open(sys.argv[1]).read() not in open(sys.argv[2]).read())' "
                          f"../block{number} {what} || echo 'it does not stand in {what}'")
    (folder / "steps.sh").write_text("\n".join(script) + "\n")
    said = run("bash", "steps.sh", folder=folder)
    parts = dict(re.findall(r"^@@ (\d+)\n(.*?)(?=^@@ |\Z)", said, re.DOTALL | re.MULTILINE))
    wrong = []
    for number, command, text in expected:
        answered = parts[str(number)].strip("\n")
        if not re.fullmatch(re.escape(text.strip("\n")).replace("…", ".*"), answered, re.DOTALL):
            wrong.append(f"{command} said:\n{answered}\nand not:\n{text}")
    assert not wrong, "\n".join(wrong)
    (folder / "pantry/build/tests/pantry-test").stat()


def a_template(name, db="none", *flags):
    def test():
        environment = install()
        service = f"{name}-{db}"
        rondeau("new", service, "--template", name, "--db", db, *flags)
        project = SCRATCH / service
        build(project, environment)
        if db != "postgres":
            rondeau("openapi", "--check", folder=project)
            with running(project, service) as process:
                equal(ask(process, "/readyz")[0], 200)
                equal(process.end(), 0)
        shutil.rmtree(project)

    test.__name__ = f"the_template_{name}_with_{db}_builds_and_passes"
    return test


def a_checkout_beside_it_is_found_as_a_subproject():
    rondeau("new", "beside", "--db", "sqlite", "--framework", SOURCE)
    project = SCRATCH / "beside"
    equal(os.readlink(project / "subprojects/rondeau"), str(SOURCE))
    build(project)


def in_a_checkout_it_is_one_of_its_services():
    checkout = SCRATCH / "checkout"
    names = run("git", "-c", "safe.directory=*", "-C", SOURCE, "ls-files", "-co", "--exclude-standard").splitlines()
    for name in names:
        if (SOURCE / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / name, checkout / name)
    for name in ("inside", "next-one"):
        rondeau("new", name, "--in-tree", "--db", "sqlite", folder=checkout / "framework")
    services = (checkout / "services/meson.build").read_text()
    equal(services.count("subdir('inside')"), 1)
    rondeau("new", "inside", "--in-tree", folder=checkout, code=2)
    rondeau("new", "inside", "--in-tree", "--db", "sqlite", "--force", folder=checkout)
    equal((checkout / "services/meson.build").read_text(), services)
    run("meson", "setup", "build", *SETUP, "-Dexamples=disabled", folder=checkout)
    run("ninja", "-C", "build", "services/inside/inside", "services/inside/tests/inside-test", folder=checkout)
    run("build/services/inside/tests/inside-test", folder=checkout)
    assert "services/" not in run(sys.executable, "tests/layout/check_layout.py", ".", "build", folder=checkout)


QUICK = [
    what_cannot_be_written_is_refused_and_nothing_is,
    a_dry_run_lists_what_a_run_writes,
    force_overwrites_what_it_writes_and_nothing_else,
    an_end_in_between_leaves_nothing,
    parts_that_nobody_wants_are_left_out,
    templates_are_listed_and_may_be_ones_own,
    without_markers_nothing_is_changed,
    an_upgrade_replaces_what_nobody_touched_and_puts_the_rest_beside,
    the_doctor_looks_at_each_thing_in_a_line,
    shells_complete_what_the_table_has,
    units_pass_systemds_own_check,
    manifests_are_put_together,
    a_service_is_written_built_run_and_grows,
    the_guide_does_what_it_says,
    *(a_template(name) for name in ("minimal", "worker", "websocket", "gateway")),
]
ALL = [
    *(a_template(name, db) for name in ("http", "minimal", "worker", "websocket", "gateway")
      for db in ("none", "sqlite", "postgres")),
    a_checkout_beside_it_is_found_as_a_subproject,
    in_a_checkout_it_is_one_of_its_services,
]


try:
    # For people: names, or parts of them, of the tests to run.
    WANTED = os.environ.get("SCAFFOLD_TESTS", "").split()
    tap.run("scaffold", [test for test in (QUICK if HOW == "quick" else ALL)
                         if not WANTED or any(part in test.__name__ for part in WANTED)])
finally:
    shutil.rmtree(SCRATCH, ignore_errors=True)
