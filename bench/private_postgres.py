"""A PostgreSQL server of our own in a folder, for tests and measurements that need a real one."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

START_WITHIN_S = 60
"""A server that was killed may first have to repeat what its log holds."""

_OTHER_ACCOUNTS = ("postgres", "nobody")
"""Who runs the server where we are root, which PostgreSQL refuses."""


class NoPostgresError(Exception):
    """There is no PostgreSQL on the machine, or none that starts."""


@dataclass
class PrivatePostgres:
    """A server on a free port of the loopback; it and its data go with it."""

    folder: Path
    port: int
    account: str | None
    options: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    databases: int = field(default=0)

    def start(self) -> None:
        """Start it, again if it was killed, and wait until it answers."""
        command = [str(binary("postgres")), "-D", str(self.folder / "data"), *self.options]
        until = time.monotonic() + START_WITHIN_S
        while time.monotonic() < until:
            # It ends at once while the killed one before it has not let go of its memory.
            if self.process is None or self.process.poll() is not None:
                self.process = _popen(command, self.account, self.folder / "log")
            with suppress(psycopg.OperationalError):
                psycopg.connect(self._conninfo("postgres"), connect_timeout=5).close()
                return
            time.sleep(0.05)
        raise NoPostgresError((self.folder / "log").read_text(errors="replace"))

    def kill(self) -> None:
        """Kill it and every process of it at once, as a power cut would."""
        if self.process is None:
            return
        family = psutil.Process(self.process.pid)
        for one in [family, *family.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait()

    def stop(self) -> None:
        """Stop it and take its folder away."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(2)  # SIGINT: end every session, then end
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self, template: str = "template0") -> str:
        """Make a database and return its URL."""
        self.databases += 1
        name = f"ledger_{self.databases}"
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database by its URL, whoever is still connected."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def url(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://sandan@127.0.0.1:{self.port}/{database}"

    def _conninfo(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=sandan dbname={database}"


@contextmanager
def private_postgres(*, safe: bool) -> Iterator[PrivatePostgres]:
    """Run a server for as long as the block lasts.

    Args:
        safe: Whether it waits for the disk, as in production. Tests that kill nothing need not.

    Raises:
        NoPostgresError: There is none on the machine.
    """
    binary("initdb")
    folder = Path(tempfile.mkdtemp(prefix="sandan-postgres-"))
    account = _account()
    if account is not None:
        shutil.chown(folder, account)
    folder.chmod(0o755)
    made = _popen(
        [
            str(binary("initdb")),
            "-D",
            str(folder / "data"),
            "-U",
            "sandan",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ],
        account,
        folder / "log",
    )
    if made.wait():
        raise NoPostgresError((folder / "log").read_text(errors="replace"))
    port = _free_port()
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
    if not safe:
        options += ["-c", "fsync=off", "-c", "full_page_writes=off"]
    server = PrivatePostgres(folder=folder, port=port, account=account, options=options)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def binary(name: str) -> Path:
    """Return one of PostgreSQL's programs, the newest version's if there are several."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if config := shutil.which("pg_config"):
        told = subprocess.run(  # noqa: S603  PostgreSQL's own program
            [config, "--bindir"], capture_output=True, text=True, check=True
        )
        folders.append(Path(told.stdout.strip()))
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    if found := shutil.which(name):
        return Path(found)
    raise NoPostgresError(f"there is no {name} on this machine; install the package postgresql")


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parent.name.split(".") if part.isdigit())


def _account() -> str | None:
    """Return the account that runs the server: another one only where we are root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _OTHER_ACCOUNTS:
        if name in known:
            return name
    raise NoPostgresError(
        f"{getpass.getuser()} cannot run PostgreSQL, and no other account is there"
    )


def _popen(command: Sequence[str], account: str | None, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as written:
        return subprocess.Popen(  # noqa: S603  PostgreSQL's own programs
            command,
            user=account,
            extra_groups=[] if account else None,
            stdout=written,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is for whoever started us
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
