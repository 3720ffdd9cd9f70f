"""A program that runs beside this one, in a directory of its own, and never longer than this one."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

GRACE = timedelta(seconds=10)
"""For the program to end in once it is told to; then it is killed."""


class Program:
    """Context manager: the program, and all that it prints. Files that it leaves in its directory are deleted.

    Standard input is a pipe that closes when this process ends, however it ends.
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
        """Wait so long at most; return True if it has ended."""
        try:
            self._process.wait(wait.total_seconds())
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """Tell it to end, unless it has, and kill it if it does not."""
        if self._process.poll() is None:
            self._process.terminate()
        if not self.ends_within(GRACE):
            self._process.kill()
            self._process.wait()

    @property
    def status(self) -> int:
        """Its exit status. Raises RuntimeError while it runs."""
        if self._process.returncode is None:
            raise RuntimeError("it still runs")
        return self._process.returncode

    @property
    def printed(self) -> str:
        """All that it has printed by now."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def last_line(self) -> str:
        """The last line that it has printed by now; empty where there is none."""
        lines = self.printed.split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
