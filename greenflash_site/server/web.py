"""Serves the site with granian behind `front.py`; called by `manage.py web`."""

import errno
import resource
import signal
import socket
from collections.abc import Callable
from functools import partial

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from greenflash_site.server.front import Front, site
from greenflash_site.server.supervisor import exit_with_main_process

# Of one worker, as far as it may open files. A silent connection costs 7 KB until its 15 s are over (measured with
# 5,000 of them) and must not keep others out.
CONNECTIONS = 16_384
FILES = 512  # a worker needs beside them
DRAIN_SECONDS = 20


class PortTaken(Exception):
    """Something else listens there; the message says what to do."""


def serve(*, host: str, port: int, workers: int, threads: int, make: Callable[[int], Front] = site) -> None:
    """Serve until SIGTERM or SIGINT and finish what has begun; raises PortTaken.

    Each worker process calls `make(threads)` for what it serves; one that dies is started again.
    """
    if not port_is_free(host, port):
        raise PortTaken(f"Port {port} of {host} is taken. Stop what listens there, or set GREENFLASH_PORT to another.")
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = CONNECTIONS + FILES if most_files == resource.RLIM_INFINITY else min(CONNECTIONS + FILES, most_files)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most_files))
    Granian(
        "front",
        address=_address(host, port)[1],
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SECONDS,
        backlog=1024,
        backpressure=files - FILES,
        # The time a client has for the head of a request, and may stay silent between two. The buffer bounds a head,
        # and what is read of a body at once.
        http1_settings=HTTP1Settings(header_read_timeout=15_000, max_buffer_size=64 * 1024),
        log_level=LogLevels.warning,
    ).serve(target_loader=partial(_load, make, threads), wrap_loader=False)


def port_is_free(host: str, port: int) -> bool:
    """Whether nothing listens there; granian itself would share a taken port silently (SO_REUSEPORT)."""
    family, address = _address(host, port)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections that linger do not matter
        try:
            # Not listened on: for a moment it would answer whoever waits for the server.
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def port_answers(host: str, port: int) -> bool:
    """Whether a connection to what listens there is taken."""
    family, address = _address(host, port)
    wildcards = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((wildcards.get(address, address), port)) == 0


def _address(host: str, port: int) -> tuple[socket.AddressFamily, str]:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return family, str(address[0])


def _load(make: Callable[[int], Front], threads: int) -> Front:
    # A forked worker has the handlers of its parent, which would keep it from ending before granian sets its own.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    exit_with_main_process()
    return make(threads)
