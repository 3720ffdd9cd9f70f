"""A throw-away PostgreSQL from a package that pip installs, on a free loopback port, gone with its runner.

    python -m infra.postgresql COMMAND [ARGUMENT ...]

runs the command with `DATABASE_URL` naming a fresh server, which ends with the command.
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

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - tempfile makes a directory of our own inside
ROOM = 1 << 30  # bytes; Docker's default of 64 MiB of shared memory holds a new cluster and little else
START_SECONDS = 180.0
STOP_SECONDS = 180.0
"""On a busy machine; a start takes about one second, a stop less."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Nothing here outlives the machine, so nothing need reach a disk. Commits stay synchronous: without fsync that
    # costs nothing measurable, and a crash of the server loses nothing that it acknowledged.
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",  # files beside the data, so that they go with it even after kill -9
}


class PostgreSQL:
    """Context manager for a server of one's own. `url` names its superuser's database; trust, no password.

    It gets SIGQUIT when the thread that started it ends, and its files are removed when this process does, however
    they end. Raises PostgreSQLError where it cannot be made, PackageMissing where there is no PostgreSQL.
    """

    def __init__(self, room: int = ROOM) -> None:
        """`room` is for so many bytes of data."""
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
        """The address, as `DATABASE_URL` takes it."""
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
        """Start the server and wait until it answers."""
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
                start_new_session=True,  # Ctrl-C goes to the runner, which then stops the server in order
                preexec_fn=end_with_this_thread(signal.SIGQUIT),  # noqa: PLW1509 - one system call, no lock
                **account(),
            )
        self._wait_until_it_answers(self._server)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server, if it runs. SIGINT cuts its clients off in order; SIGQUIT is a crash."""
        if self._server is None:
            return
        self._server.send_signal(how)
        self._server.wait(STOP_SECONDS)
        self._server = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and start again, on the same port with the same data."""
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
            raise PostgreSQLError(f"the server does not answer on {self.url}: {self._log.read_text()}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=round(START_SECONDS)).close()
        except psycopg.OperationalError:
            return False
        return True


def fastest_directory(room: int = ROOM) -> Path | None:
    """Shared memory where it has room for so many bytes, else tempfile's own choice."""
    if not os.access(SHARED_MEMORY, os.W_OK):
        return None
    return SHARED_MEMORY if shutil.disk_usage(SHARED_MEMORY).free >= room else None


def hold_a_port() -> socket.socket:
    """A socket that keeps a free port from all others, outgoing connections included, while no server listens there.

    Linux lets the server bind it beside, since both set SO_REUSEADDR and this one does not listen.
    https://man7.org/linux/man-pages/man7/socket.7.html
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def main(command: list[str]) -> None:
    """Become the command, beside a server that ends with it."""
    server = PostgreSQL()
    server.__enter__()
    server.files.keep_through_exec()
    os.execvpe(command[0], command, {**os.environ, "DATABASE_URL": server.url})  # noqa: S606 - the caller's command


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    main(sys.argv[1:])
