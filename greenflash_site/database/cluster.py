"""What the embedded PostgreSQL keeps on the disk; `embedded` makes a cluster here, configures it, finds its socket.

<data>/cluster/           PostgreSQL's own data folder, with its log in cluster/log/
<data>/cluster.new-x/     a cluster being made; it gets the other name when it is whole
<data>/run/               the socket, or a folder in /tmp (see `run_folder`)
<data>/postgresql.start   what the server said before its log was open
<data>/postgresql.lock    held by the process that runs the server, see `embedded`
<data>/postgresql-18.6/   programs, copied there only if needed, see `binaries`
"""

import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from greenflash_site.database import EmbeddedDatabaseError
from greenflash_site.database.binaries import Account, Binaries, foreign_owner, own_account

ROLE = DATABASE = "greenflash"
SUPERUSER = "postgres"
PORT = 5432  # only the socket's name: no port is opened
SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH = 103  # bytes, on macOS; Linux takes 107

# max_connections: web threads, worker, tests and a psql, with room; each idle one costs about 2 MB.
# log_*: no statement, parameter or row in the log, they hold what people wrote. Seven files, by weekday.
# max_logical_replication_workers: one process less; nothing subscribes.
SETTINGS = """\
# Written anew at each start. ALTER SYSTEM goes to postgresql.auto.conf, which is kept and wins.
listen_addresses = ''
unix_socket_directories = '{run}'
unix_socket_permissions = 0700
port = {port}
max_connections = 60
shared_buffers = 128MB
fsync = on
full_page_writes = on
synchronous_commit = on
wal_compression = on
max_logical_replication_workers = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_checkpoints = off
log_min_error_statement = panic
log_error_verbosity = terse
"""


def run_folder(data: Path) -> Path:
    """Where the socket of `data` (an absolute path) lives, decided by the name alone so that every process agrees.

    Beside the data if the name is short and plain (libpq splits hosts at commas). Else, and as root, whose server runs
    under an account that may not reach the data, in /tmp: not TMPDIR, which differs between a shell and a service.
    """
    beside = data / "run"
    plain = re.fullmatch(r"[A-Za-z0-9/._+-]+", str(beside)) is not None
    if os.geteuid() != 0 and plain and len(str(beside / SOCKET)) <= LONGEST_SOCKET_PATH:
        return beside
    named = hashlib.sha256(f"{os.geteuid()} ".encode() + os.fsencode(data)).hexdigest()[:16]
    return Path("/tmp") / f"greenflash-{named}"  # noqa: S108 - its owner and mode are checked below


def make_run_folder(data: Path, account: Account) -> Path:
    """Make the folder of the socket, private to `account`; one that somebody else prepared in /tmp is refused."""
    folder = run_folder(data)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {account.uid, os.geteuid()}:
        raise EmbeddedDatabaseError(
            f"{folder}, where the database's socket belongs, was made by somebody else. Remove it, or choose another "
            "folder with GREENFLASH_DATA."
        )
    folder.chmod(0o700)
    if account.is_lent:
        os.chown(folder, account.uid, account.gid)
    return folder


def open_data_folder(data: Path) -> None:
    """Make the data folder if it is not there; refuse one that is not ours to use."""
    # Root's is passable, so that the account the server runs under can get to the cluster in it.
    data.parent.mkdir(parents=True, exist_ok=True)
    data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
    if data.stat().st_uid != os.geteuid():
        raise foreign_owner(data)
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise EmbeddedDatabaseError(
            f"{data} cannot be written to. Allow it (chmod u+rwx '{data}'), or choose another folder with "
            "GREENFLASH_DATA."
        )
    if (data / "PG_VERSION").exists():
        raise EmbeddedDatabaseError(
            f"{data} is itself a PostgreSQL data folder and is left alone. Choose another with GREENFLASH_DATA, or "
            "start that server yourself and name it in DATABASE_URL."
        )
    with suppress(OSError):
        (data / "cluster").rmdir()  # an empty one is as good as none


def cluster_major(data: Path) -> int | None:
    """The major version of PostgreSQL that made the cluster, or None where there is none yet."""
    cluster = data / "cluster"
    if not cluster.exists():
        return None
    try:
        return int((cluster / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        raise EmbeddedDatabaseError(
            f"{cluster} is not a PostgreSQL data folder (its PG_VERSION is missing or unreadable), and left as it is. "
            "Put back a copy of it if it was one, move it away to begin anew, or choose another folder with "
            "GREENFLASH_DATA."
        ) from None


def make_cluster(data: Path, binaries: Binaries, account: Account) -> None:
    """Run initdb, and give the cluster its name only when it is whole; what an interrupted run left is cleared.

    Each run has a folder of its own: the initdb of a process that was killed may still be writing to the last one.
    """
    for leftover in data.glob("cluster.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(dir=data, prefix="cluster.new-"))
    if account.is_lent:
        os.chown(unfinished, account.uid, account.gid)
    # pg_trgm asks the C library what a letter is, whatever the provider; macOS has no C.UTF-8 but a UTF-8 for that.
    locale = ["--locale=C", "--lc-ctype=UTF-8"] if sys.platform == "darwin" else ["--locale=C.UTF-8"]
    if binaries.major >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    with name_for(account, unfinished) as (name, descriptors):
        made = account.run(
            str(binaries.folder / "initdb"),
            f"--pgdata={name}",
            f"--username={SUPERUSER}",
            "--auth=peer",
            "--encoding=UTF8",
            "--data-checksums",
            # Whoever writes waits while a new segment is filled with zeros: of the usual 16 MB for 50 to 70 ms, once in
            # 1,000 requests, until a checkpoint leaves some to be used again.
            "--wal-segsize=1",
            *locale,
            descriptors=descriptors,
        )
    if made.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        free = shutil.disk_usage(data).free // 1_000_000
        raise EmbeddedDatabaseError(
            f"The database could not be made in {data}; nothing was kept. A new one takes 50 MB, {free} MB are free. "
            f"initdb of PostgreSQL {binaries.version} said:\n{last_lines(made.stdout)}"
        )
    unfinished.rename(data / "cluster")
    descriptor = os.open(data, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def configure(data: Path, account: Account) -> None:
    """Write the settings and who may connect: our account of the operating system, over the socket, no password."""
    files = {
        "postgresql.conf": SETTINGS.format(run=run_folder(data), port=PORT),
        "pg_hba.conf": "local all all peer map=greenflash\n",
        "pg_ident.conf": "".join(f'greenflash "{own_account().name}" {role}\n' for role in (ROLE, SUPERUSER)),
    }
    for name, text in files.items():
        replace_file(data / "cluster" / name, text, account)


def replace_file(path: Path, text: str, account: Account) -> None:
    """Put a file of `account` in the place of another. Root does so in that account's folder: no link is followed."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            if account.is_lent:
                os.fchown(descriptor, account.uid, account.gid)
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


@contextmanager
def name_for(account: Account, folder: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A name under which `account` can open its `folder`, and the descriptors that its process must inherit for it.

    Where a folder on the way is closed to the account (root's own are), the data still stays where it was asked for:
    the process inherits the open folder and calls it /proc/self/fd/N. PostgreSQL 15 and 18 were seen to live with it.
    """
    if account.can_enter(folder):
        yield str(folder), ()
        return
    if not Path("/proc/self/fd").exists():
        raise EmbeddedDatabaseError(
            f"PostgreSQL does not run as root but as {account.name}, which cannot reach {folder}. Start as an ordinary "
            "user, or choose a folder with GREENFLASH_DATA that everyone can pass through to."
        )
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)


def last_words(data: Path) -> str:
    """The last lines that the server of `data` wrote, to its newest log or before that was open."""
    logs = sorted((data / "cluster" / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
    said = [path.read_text(errors="replace") for path in (*logs[-1:], data / "postgresql.start") if path.exists()]
    return last_lines("\n".join(said))


def last_lines(text: str) -> str:
    """The end of a program's output, short enough to be read in a terminal."""
    return "\n".join([f"    {line}" for line in text.splitlines() if line.strip()][-12:])
