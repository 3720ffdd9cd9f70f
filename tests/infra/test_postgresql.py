"""The temporary PostgreSQL responds, survives a crash, and is removed however its runner ends."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from infra.postgresql import PostgreSQL
from infra.shared_memory import SHARED_MEMORY, fastest_directory
from tests.support.patience import wait_until
from tests.support.processes import is_gone


@pytest.fixture(scope="module")
def runner() -> str:
    """Return a program that prints its server's data and process, and then sleeps."""
    return """
import os, psycopg, time
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    (data,) = connection.execute("SHOW data_directory").fetchone()
print(data, open(os.path.join(data, "postmaster.pid")).readline().strip(), flush=True)
time.sleep(3600)
"""


def test_it_keeps_its_data_through_a_crash_and_leaves_nothing_at_the_end() -> None:
    with PostgreSQL() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT lower('ÄPFEL') AS word")
            directory = Path(connection.execute("SHOW data_directory").fetchone()[0])  # type: ignore[index]
        server.restart(signal.SIGQUIT)
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT word FROM kept").fetchall() == [("äpfel",)]

    assert not directory.parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url, connect_timeout=1)


@pytest.mark.parametrize("umask", ["027", "077"])
def test_it_starts_under_a_umask_that_closes_files_to_others(umask: str) -> None:
    ask = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT 7').fetchone())"
    command = [sys.executable, "-m", "infra.postgresql", sys.executable, "-c", ask]
    answer = subprocess.run(command, umask=int(umask, 8), capture_output=True, text=True, check=True)
    assert answer.stdout == "(7,)\n"


def test_its_port_is_nobody_elses_while_it_is_down() -> None:
    with PostgreSQL() as server:
        server.stop()
        address = "127.0.0.1", urlsplit(server.url).port
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(address)
        server.start()
        psycopg.connect(server.url).close()


def test_it_ends_with_a_command_that_is_killed(runner: str) -> None:
    command = [sys.executable, "-m", "infra.postgresql", sys.executable, "-c", runner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        directory, _, server = process.stdout.readline().rpartition(" ")
        assert not is_gone(int(server))
        os.kill(process.pid, signal.SIGKILL)

    wait_until(lambda: is_gone(int(server)))
    wait_until(lambda: not Path(directory).parent.exists())


def test_the_commands_exit_status_is_passed_on() -> None:
    command = [sys.executable, "-m", "infra.postgresql", sys.executable, "-c", "raise SystemExit(7)"]

    assert subprocess.run(command, check=False).returncode == 7


def test_data_that_has_no_room_in_shared_memory_lies_elsewhere() -> None:
    assert fastest_directory(1 << 60) is None
    assert fastest_directory(0) in {SHARED_MEMORY, None}
    with PostgreSQL(1 << 60) as server, psycopg.connect(server.url) as connection:
        directory = connection.execute("SHOW data_directory").fetchone()
    assert directory
    assert Path(directory[0]).is_relative_to(tempfile.gettempdir())
