"""Builds and tests project/ against Rondeau. Usage: check.py MODE SOURCE_ROOT BUILD_ROOT CXX…

MODE: installed    an install in a scratch prefix, found by pkg-config
      uninstalled  the build folder, found by pkg-config
      subproject   the source tree under subprojects/
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

mode, source, build = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
environment = {**os.environ, "CXX": " ".join(sys.argv[4:])}
# What the compiler cache has seen of the same sources in another folder counts.
environment.setdefault("CCACHE_NOHASHDIR", "1")


def run(*command):
    print("$", *command, flush=True)
    subprocess.run(command, env=environment, check=True)


def install(scratch):
    """Installs, says where the prefix is now, and returns the folder of the .pc files."""
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", scratch)
    folder = next(scratch.rglob("rondeau.pc")).parent
    for file in folder.glob("*.pc"):
        lines = file.read_text().splitlines()
        prefix = scratch / lines[0].removeprefix("prefix=").lstrip("/")
        file.write_text("\n".join([f"prefix={prefix}", *lines[1:]]) + "\n")
    return folder


with tempfile.TemporaryDirectory() as name:
    scratch = pathlib.Path(name)
    project = shutil.copytree(pathlib.Path(__file__).parent / "project", scratch / "project")
    options = ["--buildtype=debug"]
    if mode == "subproject":
        # All of the library once more, with nothing but what each source includes.
        options = ["-Doptimization=0", "-Ddebug=false", "-Db_pch=false"]
        (project / "subprojects").mkdir()
        (project / "subprojects/rondeau").symlink_to(source)
        options.append("-Dfrom_subproject=true")
    else:
        folder = install(scratch / "installed") if mode == "installed" else build / "meson-uninstalled"
        environment["PKG_CONFIG_PATH"] = str(folder)
    run("meson", "setup", scratch / "build", project, "--wrap-mode=nodownload", *options)
    run("meson", "test", "-C", scratch / "build", "--print-errorlogs")
