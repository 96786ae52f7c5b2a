"""A PostgreSQL server of one test alone, which may be stopped at once, as by a crash, and started again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

# Where Debian keeps the programs of each version.
_DEBIAN = Path("/usr/lib/postgresql")


class OwnPostgres:
    """One server on a port of its own, of whoever runs the tests; PostgreSQL does not run as root, so then of `postgres`."""

    def __init__(self, folder: Path, programs: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._folder, self._programs = folder, programs
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{folder}'\n")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._run("pg_ctl", "start", "--wait", "--silent", f"--log={self._folder / 'log'}")

    def stop(self) -> None:
        """Stop it without a word to anybody; it recovers as it starts."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._programs / program, f"--pgdata={self._folder / 'data'}", *words],
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            user=_user(),
        )


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Give a server until the block ends; skip the test where PostgreSQL is not installed here."""
    found = shutil.which("initdb") or max(_DEBIAN.glob("*/bin/initdb"), default=None)
    if found is None:
        pytest.skip("PostgreSQL's server is not installed (Debian's package postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="dam-postgres-"))
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    server = OwnPostgres(folder, Path(found).parent)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _user() -> str | None:
    return "postgres" if os.geteuid() == 0 else None
