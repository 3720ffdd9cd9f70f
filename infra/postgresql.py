"""Temporary PostgreSQL server from a pip package, on a free loopback port, removed with its runner.

    python -m infra.postgresql COMMAND [ARGUMENT ...]

runs the command with `DATABASE_URL` of a new server, which ends with the command.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from infra.errors import PostgreSQLError
from infra.lambda_local.lifetime import RemovedWithThisProcess, end_with_this_thread
from infra.local.postgresql_package import account, programs
from infra.shared_memory import ROOM, fastest_directory

START_SECONDS = 180.0
STOP_SECONDS = 180.0
"""Limits for a busy machine; normally a start takes about one second, a stop less."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # The data need not survive the machine, so nothing is flushed. Commits stay synchronous: without fsync that costs
    # nothing measurable, and a crashed server loses no acknowledged commit.
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",  # files beside the data, removed with it even after kill -9
}


class PostgreSQL:
    """Context manager for a server. `url` is the superuser's database, without a password.

    The server gets SIGQUIT when the thread that started it ends, and its files are removed when this process ends, in
    any way. Raises PostgreSQLError if it cannot be created, PackageMissing if PostgreSQL is not installed.
    """

    def __init__(self, room: int = ROOM) -> None:
        """Reserve space for this many bytes of data."""
        self._programs_home = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._data_home = Path(tempfile.mkdtemp(prefix="postgresql-", dir=fastest_directory(room)))
        self.files = RemovedWithThisProcess([self._programs_home, self._data_home])
        self._cluster = self._data_home / "cluster"
        self._log = self._programs_home / "log"
        self._port_holder = hold_a_port()
        self._port: int = self._port_holder.getsockname()[1]
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Database URL."""
        return f"postgres://postgres@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Self:
        try:
            self._programs = programs(self._programs_home)
            self._create_cluster()
            self.start()
        except BaseException:
            self._port_holder.close()
            self.files.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._port_holder.close()
        self.files.remove()

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        if sys.platform != "linux":
            self._port_holder.close()
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        program = str(self._programs / "postgres")
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603 - the package's program, our own arguments
                [program, "-D", str(self._cluster), "-p", str(self._port), *settings],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C goes to the runner, which then stops the server properly
                preexec_fn=end_with_this_thread(signal.SIGQUIT),  # noqa: PLW1509 - one system call, no lock
                **account(),
            )
        self._wait_until_it_answers(self._server)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server if it runs. SIGINT is a fast shutdown, SIGQUIT a crash."""
        if self._server is None:
            return
        self._server.send_signal(how)
        self._server.wait(STOP_SECONDS)
        self._server = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and start again, with the same port and data."""
        self.stop(how)
        self.start()

    def _create_cluster(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._data_home, account()["user"])
        command = [
            str(self._programs / "initdb"), "--pgdata", str(self._cluster), "--username=postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync",
        ]  # fmt: skip
        made = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **account())  # noqa: S603
        if made.returncode != 0:
            raise PostgreSQLError(f"initdb failed: {made.stderr or made.stdout}")

    def _wait_until_it_answers(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if server.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            self.stop(signal.SIGQUIT)
            raise PostgreSQLError(f"the server does not accept connections at {self.url}: {self._log.read_text()}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=round(START_SECONDS)).close()
        except psycopg.OperationalError:
            return False
        return True


def hold_a_port() -> socket.socket:
    """Return a socket that reserves a free port, even against outgoing connections, while no server listens there.

    Linux lets the server bind the same port, since both set SO_REUSEADDR and this socket does not listen.
    https://man7.org/linux/man-pages/man7/socket.7.html
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def main(command: list[str]) -> None:
    """Execute the command with a server that ends with it."""
    server = PostgreSQL()
    server.__enter__()
    server.files.keep_through_exec()
    os.execvpe(command[0], command, {**os.environ, "DATABASE_URL": server.url})  # noqa: S606 - the caller's command


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    main(sys.argv[1:])
