"""A server that outlived the process that ran it: `embedded` stops it here before it starts its own."""

import os
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path

from greenflash_site.database import EmbeddedDatabaseError
from greenflash_site.database.binaries import Account
from greenflash_site.database.cluster import replace_file

SHUTDOWN_PATIENCE = 60.0  # seconds until the harder way


def stop_survivor(cluster: Path, path: Path, account: Account) -> None:
    """Stop the server that listens on the socket `path`, if any, and wait until it is gone.

    The kernel says who listens in that private folder; a pid in a file may be another process's by now.
    """
    survivor = _listener(path, account)
    if survivor is None:
        return
    for way in (signal.SIGINT, signal.SIGQUIT):  # to PostgreSQL: fast shutdown, immediate shutdown
        with suppress(ProcessLookupError):
            os.kill(survivor, way)
        deadline = time.monotonic() + SHUTDOWN_PATIENCE
        while time.monotonic() < deadline:
            if _listener(path, account) is None and not _holds(survivor, cluster):
                return
            time.sleep(0.05)
    raise EmbeddedDatabaseError(
        f"A PostgreSQL left behind on {cluster}, process {survivor}, does not end. Stop it, then start again."
    )


def disown_stale_pid(cluster: Path, account: Account) -> None:
    """After a power failure the pid in postmaster.pid may be another process's, and PostgreSQL would not start.

    A file older than this boot is given our own pid, which PostgreSQL knows for its parent's: it then judges by
    shared memory alone. A younger file is PostgreSQL's to judge.
    """
    path = cluster / "postmaster.pid"
    since_boot = time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    if path.exists() and path.stat().st_mtime < time.time() - since_boot:
        _, _, rest = path.read_text().partition("\n")
        replace_file(path, f"{os.getpid()}\n{rest}", account)


def claimed_pid(cluster: Path) -> str:
    """What to do about the postmaster.pid that kept a server from starting; nothing if there is none."""
    pid = _pid_in(cluster)
    if pid is None:
        return ""
    return (
        f"\nA server that was killed on it had the number {pid}. If process {pid} is not PostgreSQL (ps {pid} tells), "
        f"remove {cluster / 'postmaster.pid'} and start again."
    )


def _listener(path: Path, account: Account) -> int | None:
    """The process of `account` that listens on a socket, or None."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(path))
        except OSError:
            return None
        if sys.platform == "darwin":
            return probe.getsockopt(0, 2)  # SOL_LOCAL, LOCAL_PEERPID
        pid, uid, _ = struct.unpack("iII", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return pid if uid == account.uid else None


def _holds(pid: int, cluster: Path) -> bool:
    """Whether a server that was told to end still has the cluster.

    It removes its pid file last. Where nobody reaps the dead (a container without an init) the process is never gone.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return _pid_in(cluster) == pid


def _pid_in(cluster: Path) -> int | None:
    try:
        return int((cluster / "postmaster.pid").read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
