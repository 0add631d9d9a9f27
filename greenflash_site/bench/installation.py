"""The benches' own Greenflash: `manage.py up` in a temporary folder, on a port of this machine alone."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from uuid import uuid4

from greenflash_site.bench.processes import family, memory
from greenflash_site.server.supervisor import GRACE_SECONDS

MANAGE = Path(__file__).parents[2] / "manage.py"
# So high that counting does its work and refuses nobody.
NO_LIMIT = 10**9
STOP_SECONDS = 2 * GRACE_SECONDS


class DidNotStart(Exception):
    """`up` ended before it was up; the message is what it said."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """One that is running: the process of `up`, where it listens, and what requests need."""

    pid: int
    data: Path
    port: int
    product_id: str
    api_key: str

    @property
    def database_pid(self) -> int:
        """The embedded PostgreSQL's first process."""
        return int((self.data / "cluster" / "postmaster.pid").read_text().split()[0])

    def processes(self) -> tuple[set[int], set[int]]:
        """All processes of `up` but the database's, and those of the database."""
        return family(self.pid, without=self.database_pid), family(self.database_pid)

    def memory(self) -> int:
        """Bytes that all processes of `up` take now, the database's apart."""
        return memory(self.processes()[0])


@contextmanager
def temporary_environment() -> Iterator[None]:
    """Let this process and its children belong to an installation in a temporary folder, which goes at the end.

    For manage.py, before settings are read. GREENFLASH_WEB_WORKERS and _THREADS stay as they are. BENCH_DATA names
    another folder, which stays, for a data set that is used again.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    kept = os.environ.get("BENCH_DATA")
    data = kept or tempfile.mkdtemp(prefix="greenflash-bench-")
    os.environ.pop("DATABASE_URL", None)
    os.environ.update(
        GREENFLASH_DATA=data,
        GREENFLASH_HOST="127.0.0.1",
        GREENFLASH_PORT=str(_free_port()),
    )
    try:
        yield
    finally:
        if not kept:
            shutil.rmtree(data, ignore_errors=True)


@contextmanager
def another(*, api_key: str) -> Iterator[Installation]:
    """A second one beside that of `temporary_environment`, with a folder, a port and a database of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="greenflash-bench-") as data,
        running(api_key=api_key, data=Path(data), port=_free_port()) as installation,
    ):
        yield installation


@contextmanager
def running(
    *, api_key: str = "", rate_limit: int = NO_LIMIT, data: Path | None = None, port: int | None = None
) -> Iterator[Installation]:
    """Run `manage.py up` in `temporary_environment`, or elsewhere, until the end; raises DidNotStart.

    With an API key an organization is made that has it and a product.
    """
    data = data or Path(os.environ["GREENFLASH_DATA"])
    port = port or int(os.environ["GREENFLASH_PORT"])
    product_id = str(uuid4())
    init = {"EMAIL": "bench@greenflash.example", "PASSWORD": api_key, "PRODUCT_ID": product_id, "API_KEY": api_key}
    if not api_key:
        init = {}
    data.mkdir(0o700, parents=True, exist_ok=True)
    log = data / "up.log"
    with log.open("wb") as output:
        # A session of its own, so that Ctrl-C reaches the bench alone, which then stops it in order.
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, str(MANAGE), "up"],
            env={
                **os.environ,
                **{f"GREENFLASH_INIT_{name}": value for name, value in init.items()},
                "GREENFLASH_DATA": str(data),
                "GREENFLASH_PORT": str(port),
                "GREENFLASH_RATE_LIMIT": str(rate_limit),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while "Greenflash is at" not in log.read_text():
            if process.poll() is not None:
                raise DidNotStart(log.read_text())
            time.sleep(0.05)
        yield Installation(
            pid=process.pid,
            data=data,
            port=port,
            product_id=product_id,
            api_key=api_key,
        )
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
