"""Peers that are Go programs, each built once, into the user's cache."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from leasehold import paths

INTEGRESQL = ("github.com/allaboutapps/integresql", "v1.1.0")
PGTESTDB = ("github.com/peterldowns/pgtestdb@v0.1.1", "github.com/jackc/pgx/v5@v5.7.6")


def integresql() -> str:
    """Return IntegreSQL's server, built as its own module says."""
    module, version = INTEGRESQL

    def build(folder: Path, program: str) -> None:
        found = json.loads(_go(folder, "mod", "download", "-json", f"{module}@{version}"))
        source = folder / "source"
        shutil.copytree(found["Dir"], source, copy_function=shutil.copyfile)
        for path in [source, *source.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)  # the module's cache cannot be written
        _go(source, "build", "-o", program, "./cmd/server")

    return _once(f"integresql-{version}", build)


def pgtestdb() -> str:
    """Return the program of tests that each take a database of pgtestdb's."""

    def build(folder: Path, program: str) -> None:
        shutil.copyfile(Path(__file__).with_name("pgtestdb.go"), folder / "main.go")
        _go(folder, "mod", "init", "ours")
        _go(folder, "get", *PGTESTDB)
        _go(folder, "build", "-o", program, ".")

    return _once("pgtestdb-" + PGTESTDB[0].rpartition("@")[2], build)


def _once(name: str, build: Callable[[Path, str], None]) -> str:
    program = paths.private(paths.cache() / "benchmarks") / name
    if not program.exists():
        fresh = program.with_suffix(".fresh")
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder), str(fresh))
        fresh.replace(program)
    return str(program)


def _go(folder: Path, *words: str) -> bytes:
    go = shutil.which("go")
    if not go:
        raise SystemExit("`go` is not on PATH. It builds IntegreSQL and the tests of pgtestdb.")
    env = {**os.environ, "GOFLAGS": "-mod=mod"}
    return subprocess.run([go, *words], cwd=folder, env=env, check=True, stdout=subprocess.PIPE).stdout
