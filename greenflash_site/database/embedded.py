"""The embedded PostgreSQL, run as our child: settings, manage.py, `up` and pytest use it where DATABASE_URL is absent.

One process holds the folder's lock for as long as it runs the server. A server that outlived its process is stopped by
the next one, never left and never doubled. Nothing here needs Django.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

import psycopg

from greenflash_site.database import AlreadyRunning, EmbeddedDatabaseError
from greenflash_site.database.binaries import Account, Binaries, find_binaries, server_account
from greenflash_site.database.cluster import (
    DATABASE,
    PORT,
    ROLE,
    SOCKET,
    SUPERUSER,
    cluster_major,
    configure,
    last_words,
    make_cluster,
    make_run_folder,
    name_for,
    open_data_folder,
    run_folder,
)
from greenflash_site.database.survivor import (
    SHUTDOWN_PATIENCE,
    claimed_pid,
    disown_stale_pid,
    stop_survivor,
)

__all__ = ["AlreadyRunning", "EmbeddedDatabaseError", "Server", "available", "connection_settings", "running", "url"]

START_PATIENCE = 600.0  # seconds; recovery after a crash reads up to max_wal_size, 1 GB
LEFTOVER_PATIENCE = 60.0  # seconds for the children of a killed server to end
QUIET_START = 5.0  # seconds until the caller's log hears why it takes long

_held: dict[Path, int] = {}  # folders whose lock this process has: such locks do not exclude within one process
_held_guard = threading.Lock()


class Server:
    """A running server; the process that made it stops it."""

    def __init__(self, process: subprocess.Popen[bytes], data: Path) -> None:
        self.process = process
        self.data = data
        self.url = url(data)

    def alive(self) -> bool:
        """Whether the server's process is there, which is less than that it answers."""
        return self.process.poll() is None

    def keep_alive(self) -> str | None:
        """Start the server again if it ended by itself; a sentence for a person where that fails, else None."""
        if self.alive():
            return None
        try:
            self.process = _start(self.data, lambda sentence: None).process
        except (EmbeddedDatabaseError, OSError) as error:
            return f"The database ended and does not start again: {error}"
        return None

    def stop(self) -> None:
        """Disconnect everyone and end, with all on disk; harder if that takes a minute. May be repeated."""
        for way in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast shutdown, immediate shutdown, none
            if not self.alive():
                break
            self.process.send_signal(way)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(SHUTDOWN_PATIENCE)


def url(data: Path) -> str:
    """The DATABASE_URL of the embedded database in the folder `data`, whether it runs or not."""
    return f"postgres://{ROLE}@/{DATABASE}?host={quote(str(_run_folder(data)), safe='')}&port={PORT}"


def connection_settings(data: Path) -> dict[str, str]:
    """The same for Django's DATABASES. PORT only keeps a PGPORT in somebody's shell from choosing another socket."""
    return {"NAME": DATABASE, "USER": ROLE, "HOST": str(_run_folder(data)), "PORT": str(PORT)}


@contextmanager
def running(data: Path, *, log: Callable[[str], None] | None = None) -> Iterator[Server]:
    """Start the database in the folder `data`, which is made at first use, and stop it at the end.

    `log` is told, in a sentence, what takes long. Raises EmbeddedDatabaseError, and AlreadyRunning if another has it.
    """
    _refuse_windows()
    data = data.resolve()
    with ExitStack() as stack:
        try:
            open_data_folder(data)
            stack.enter_context(_locked(data))
            stack.callback(_tidy, data)
            server = _start(data, log or (lambda sentence: None))
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The database in {data} cannot be used: {error}. Put that right (room on the disk? permissions?), or "
                "choose another folder with GREENFLASH_DATA."
            ) from error
        stack.callback(server.stop)
        yield server


@contextmanager
def available(data: Path) -> Iterator[None]:
    """Have the database there for a command: the one another process of ours runs, else one of our own for as long.

    Our own ends only when the last command that found it there has ended.
    """
    _refuse_windows()
    data = data.resolve()
    deadline = time.monotonic() + START_PATIENCE
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(running(data))
            except AlreadyRunning:
                # Starting, running or stopping; which one, is seen with the hold on it that keeps it from stopping.
                with ExitStack() as trial:
                    trial.enter_context(_in_use(data))
                    if _answers(data):
                        stack.push(trial.pop_all())
                        break
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                stack.callback(_wait_for_users, data)
                break
        yield


def _run_folder(data: Path) -> Path:
    _refuse_windows()
    return run_folder(data.resolve())


def _refuse_windows() -> None:
    if sys.platform == "win32":
        raise EmbeddedDatabaseError(
            "The embedded database runs on Linux and macOS. On Windows, set DATABASE_URL to a PostgreSQL of yours, or "
            "start inside WSL."
        )


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Hold the folder until the end or our death, whichever is first: the kernel lets go, and no child inherits it."""
    import fcntl

    with _held_guard:
        if data in _held:
            raise _already_running(data, _held[data])
        _held[data] = os.getpid()
    try:
        with _lock_file(data / "postgresql.lock") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError):
                raise _already_running(data, file.read().strip() or "unknown") from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield
    finally:
        with _held_guard:
            del _held[data]


def _lock_file(path: Path) -> TextIO:
    return open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+")


def _already_running(data: Path, pid: int | str) -> AlreadyRunning:
    return AlreadyRunning(
        f"The database in {data} is run by another Greenflash, process {pid}. Stop that one first, or choose another "
        "folder with GREENFLASH_DATA."
    )


@contextmanager
def _in_use(data: Path) -> Iterator[None]:
    """Keep `available` in another process from stopping the server. The lock is shared and goes with the open file."""
    import fcntl

    with _lock_file(data / "postgresql.users") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _wait_for_users(data: Path) -> None:
    import fcntl

    with _lock_file(data / "postgresql.users") as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def _answers(data: Path) -> bool:
    try:
        psycopg.connect(url(data), connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _start(data: Path, log: Callable[[str], None]) -> Server:
    cluster = data / "cluster"
    account = server_account(cluster)
    major = cluster_major(data)
    run = make_run_folder(data, account)
    stop_survivor(cluster, run / SOCKET, account)
    binaries = find_binaries(data, account, major=major)
    if major is None:
        log(f"Making a new database in {data} with PostgreSQL {binaries.version}.")
        make_cluster(data, binaries, account)
    configure(data, account)
    disown_stale_pid(cluster, account)
    deadline = time.monotonic() + LEFTOVER_PATIENCE
    while True:
        server = _launch(data, binaries, account)
        try:
            if _answered(server, log):
                return server
            said = last_words(data)
        except BaseException:
            server.stop()
            raise
        # After a kill of the postmaster alone a child may be at work for a while; it ends when it notices.
        if "shared memory block" not in said or time.monotonic() > deadline:
            raise EmbeddedDatabaseError(
                f"PostgreSQL {binaries.version} did not start on {cluster}. No data was changed. Its last words were:\n"
                f"{said}{claimed_pid(cluster)}"
            )
        time.sleep(0.5)


def _launch(data: Path, binaries: Binaries, account: Account) -> Server:
    with (
        name_for(account, data / "cluster") as (name, descriptors),
        open(data / "postgresql.start", "wb") as output,
    ):
        process = account.start(str(binaries.folder / "postgres"), "-D", name, output=output, descriptors=descriptors)
    return Server(process, data)


def _answered(server: Server, log: Callable[[str], None]) -> bool:
    """Wait until the server answers, and make what is missing of our role and database; False if it ended instead."""
    started = time.monotonic()
    said = False
    while server.alive():
        try:
            with psycopg.connect(
                host=str(run_folder(server.data)),
                port=PORT,
                user=SUPERUSER,
                dbname="postgres",
                autocommit=True,
                connect_timeout=10,
            ) as connection:
                _complete(connection)
            return True
        except psycopg.Error as error:
            waited = time.monotonic() - started
            starting = isinstance(error, psycopg.OperationalError) and "authentication" not in str(error)
            if not starting or waited > START_PATIENCE:
                raise EmbeddedDatabaseError(
                    f"PostgreSQL runs on {server.data} but cannot be used: {error}. Its last words were:\n"
                    f"{last_words(server.data)}"
                ) from error
            if waited > QUIET_START and not said:
                said = True
                log("The database is starting; after a crash or a power failure it repairs itself first.")
            time.sleep(0.02)
    return False


def _complete(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make our role, which is no superuser, and its database, each if missing: a first start may be cut short."""
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
        connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _tidy(data: Path) -> None:
    with suppress(OSError):  # not there, or not empty after a hard stop
        run_folder(data).rmdir()
