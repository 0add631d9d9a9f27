"""What the tests of the embedded database share: questions to a server, and processes to kill."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from greenflash_site.database import embedded

CODE = Path(embedded.__file__).parents[2]


def ask(data: Path, query: str, *, user: str = "greenflash") -> object:
    """The first value that the server of `data` answers with."""
    settings = embedded.connection_settings(data)
    host, port = settings["HOST"], settings["PORT"]
    with psycopg.connect(dbname="greenflash", user=user, host=host, port=port, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def make_note(data: Path) -> None:
    ask(data, "CREATE TABLE note AS SELECT 'kept' AS text")


def note(data: Path) -> object:
    return ask(data, "SELECT text FROM note")


def runs(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def wait_until_gone(*pids: int) -> None:
    while any(runs(pid) for pid in pids):
        time.sleep(0.02)


def other_process(script: str, *, uid: int | None = None) -> subprocess.Popen[str]:
    """A Python process of its own, with `embedded` and `Path` there.

    It changes to the account `uid` after its imports: the interpreter may be out of that account's reach.
    """
    change = "" if uid is None else f"os.setgroups([]); os.setgid({uid}); os.setuid({uid})"
    imports = "import fcntl, os, pwd, sys, time, psycopg; from pathlib import Path"
    imports += "; from greenflash_site.database import embedded"
    code = f"{imports}\n{change}\n{textwrap.dedent(script)}"
    return subprocess.Popen([sys.executable, "-c", code], cwd=CODE, text=True, stdin=-1, stdout=-1, stderr=-1)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip() or pytest.fail(f"it ended: {process.communicate()[1]}")
