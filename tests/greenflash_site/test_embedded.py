"""The embedded database, with real servers: first start, crashes, survivors, two at once, one for many."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from greenflash_site.database import binaries, cluster, embedded
from tests.greenflash_site.embedded_servers import ask, line_of, make_note, note, other_process, runs, wait_until_gone


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Server]:
    """One server for the tests that only look at it."""
    with embedded.running(tmp_path_factory.mktemp("server")) as running:
        yield running


def test_it_makes_a_whole_database_at_first_start_and_finds_it_again(data: Path) -> None:
    said: list[str] = []
    with embedded.running(data, log=said.append) as server:
        assert server.alive()
        assert (server.data, server.url) == (data, embedded.url(data))
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
        first = server.process.pid
    assert not server.alive()
    assert not cluster.run_folder(data).exists()
    assert len(said) == 1
    assert str(data) in said[0]

    with embedded.running(data, log=said.append) as server:
        assert server.process.pid != first
        assert note(data) == "kept"
    assert len(said) == 1


def test_it_sets_what_cannot_be_changed_later_and_what_keeps_the_data(server: embedded.Server) -> None:
    meant = {
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }
    assert {name: ask(server.data, f"SHOW {name}") for name in meant} == meant
    ask(server.data, "CREATE EXTENSION pg_trgm")
    for word in ("東京駅", "مرحبا"):
        assert ask(server.data, f"SELECT show_trgm('{word}')")


def test_its_role_owns_its_database_makes_others_and_is_no_superuser(server: embedded.Server) -> None:
    assert ask(server.data, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert (
        ask(server.data, "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'greenflash'") == "greenflash"
    )
    ask(server.data, "CREATE DATABASE test_greenflash")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server.data, "COPY (SELECT 1) TO PROGRAM 'true'")


def test_it_recovers_when_everything_was_killed(data: Path) -> None:
    with embedded.running(data) as server:
        make_note(data)
        with psycopg.connect(embedded.url(data)) as connection:
            children = [pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity").fetchall()]
        for pid in (server.process.pid, *children):
            if runs(pid):
                os.kill(pid, signal.SIGKILL)
        server.process.wait()
        assert not server.alive()
    assert (data / "cluster" / "postmaster.pid").exists()
    with embedded.running(data):
        assert note(data) == "kept"


def test_it_waits_for_the_children_of_a_killed_server(data: Path) -> None:
    with embedded.running(data) as server:
        make_note(data)
        connection = psycopg.connect(server.url)
        child = connection.info.backend_pid
        os.kill(child, signal.SIGSTOP)  # so it does not notice that its server died, and keeps the shared memory
        server.process.kill()
        server.process.wait()
    again = other_process(f"""
        with embedded.running(Path({str(data)!r})):
            print("up", flush=True)
            sys.stdin.read()
    """)
    while "shared memory block" not in (data / "postgresql.start").read_text() and again.poll() is None:
        time.sleep(0.02)
    os.kill(child, signal.SIGCONT)
    assert line_of(again) == "up"
    assert note(data) == "kept"
    again.communicate()
    connection.close()


def test_it_stops_a_server_that_outlived_its_process_and_starts_its_own(data: Path) -> None:
    parent = other_process(f"""
        with embedded.running(Path({str(data)!r})) as server:
            print(server.process.pid, flush=True)
            sys.stdin.read()
    """)
    survivor = int(line_of(parent))
    make_note(data)
    parent.kill()
    parent.communicate()
    assert runs(survivor)
    with embedded.running(data) as server:
        wait_until_gone(survivor)
        assert server.process.pid != survivor
        assert note(data) == "kept"


def test_it_stops_a_survivor_whose_data_was_deleted(data: Path) -> None:
    parent = other_process(f"""
        with embedded.running(Path({str(data)!r})) as server:
            print(server.process.pid, flush=True)
            sys.stdin.read()
    """)
    survivor = int(line_of(parent))
    parent.kill()
    parent.communicate()
    for found in data.iterdir():
        if found != cluster.run_folder(data):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    with embedded.running(data):
        wait_until_gone(survivor)
        assert ask(data, "SELECT 1") == 1


def test_it_starts_after_a_power_failure_though_the_old_pid_is_another_process_now(data: Path) -> None:
    with embedded.running(data) as server:
        make_note(data)
        pid_file = data / "cluster" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        server.process.kill()
        server.process.wait()
    stranger = binaries.server_account(data / "cluster").start("sleep", "60", output=subprocess.DEVNULL)
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with pytest.raises(embedded.EmbeddedDatabaseError, match=str(stranger.pid)), embedded.running(data):
            pass
        os.utime(pid_file, (0, 0))
        with embedded.running(data):
            assert note(data) == "kept"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_it_keeps_the_server_from_the_terminals_interrupt(server: embedded.Server) -> None:
    assert os.getpgid(server.process.pid) != os.getpgid(0)


def test_it_runs_two_folders_at_once_and_a_folder_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with embedded.running(one), embedded.running(other):
        make_note(one)
        assert ask(other, "SELECT to_regclass('note')") is None
        with pytest.raises(embedded.AlreadyRunning, match=str(os.getpid())), embedded.running(one):
            pass
        stranger = other_process(f"""
            try:
                with embedded.running(Path({str(one)!r})): print("started it a second time")
            except embedded.AlreadyRunning as error:
                print(error)
        """)
        assert f"process {os.getpid()}." in stranger.communicate()[0]
        assert note(one) == "kept"
    with embedded.running(one):
        assert note(one) == "kept"


def test_it_is_available_beside_another_process_and_alone(data: Path) -> None:
    with embedded.available(data):
        make_note(data)
    with pytest.raises(psycopg.OperationalError):
        note(data)
    owner = other_process(f"""
        with embedded.available(Path({str(data)!r})):
            print("up", flush=True)
            sys.stdin.readline()
        print("down", flush=True)
    """)
    assert line_of(owner) == "up"
    with embedded.available(data):
        assert note(data) == "kept"
        assert owner.stdin
        owner.stdin.write("end\n")
        owner.stdin.flush()
        time.sleep(0.3)  # a server that did not wait for us would be gone by now
        assert note(data) == "kept"
    assert line_of(owner) == "down"
    owner.communicate()


def test_it_takes_up_a_start_that_was_cut_short(data: Path) -> None:
    half_made = data / "cluster.new-left"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    (data / "cluster").mkdir()
    with embedded.running(data):
        assert ask(data, "SELECT 1") == 1
    assert not half_made.exists()
    with embedded.running(data):
        host = embedded.connection_settings(data)["HOST"]
        with psycopg.connect(host=host, port=5432, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute("DROP DATABASE greenflash")
    with embedded.running(data):
        assert ask(data, "SELECT 1") == 1
