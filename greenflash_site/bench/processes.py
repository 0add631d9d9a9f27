"""What processes have cost, as Linux accounts for it below /proc, and how fast this machine is."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def family(pid: int, *, without: int | None = None) -> set[int]:
    """A process and all it started, but for `without` and what that started."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        member = waiting.pop()
        if member != without:
            found.add(member)
            waiting += children.get(member, [])
    return found


def cpu_seconds(pids: set[int]) -> float:
    """Processor time of these processes, and of their children that have ended."""
    return sum(sum(map(int, fields[11:15])) for pid in pids if (fields := _stat(pid))) / TICKS


def memory(pids: set[int]) -> int:
    """Bytes that these processes take together: what they share is counted once (PSS)."""
    return sum(_pss(pid) for pid in pids)


def machine() -> str:
    """How fast one core is just now, in words: figures of different hours and machines are read beside it."""
    return f"This machine adds a million numbers in {1000 * min(_addition() for _ in range(20)):.1f} ms."


def _addition() -> float:
    start = time.perf_counter()
    sum(range(1_000_000))
    return time.perf_counter() - start


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third, its state, on; none of a process that is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _pss(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
