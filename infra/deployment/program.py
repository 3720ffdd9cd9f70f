"""Child process in a temporary directory, which never outlives this process."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

GRACE = timedelta(seconds=10)
"""Time for the program to end after SIGTERM; then it is killed."""


class Program:
    """Context manager for a program and its output. Files that it leaves in its directory are deleted.

    Standard input is a pipe that closes when this process ends, in any way.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._directory = tempfile.TemporaryDirectory()

    def __enter__(self) -> Self:
        directory = Path(self._directory.name)
        (directory / "work").mkdir()
        self._output = directory / "output"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the caller's command
                self._command,
                cwd=directory / "work",
                env=os.environ | self._environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if self._process.stdin:
            self._process.stdin.close()
        self._directory.cleanup()

    def ends_within(self, wait: timedelta) -> bool:
        """Wait up to this long. Return True if the program has ended."""
        try:
            self._process.wait(wait.total_seconds())
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """Terminate the program if it runs, and kill it after GRACE."""
        if self._process.poll() is None:
            self._process.terminate()
        if not self.ends_within(GRACE):
            self._process.kill()
            self._process.wait()

    @property
    def status(self) -> int:
        """Exit status. Raises RuntimeError while the program runs."""
        if self._process.returncode is None:
            raise RuntimeError("it still runs")
        return self._process.returncode

    @property
    def printed(self) -> str:
        """Output so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def last_line(self) -> str:
        """Last non-empty line of the output so far; "" if there is none."""
        lines = self.printed.split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
