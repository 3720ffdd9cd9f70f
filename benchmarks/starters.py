"""Programs that start together after each has warmed up."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from benchmarks.program import ROOT
from infra.errors import BenchmarkFailed


class Starters:
    """Context manager for several `python -m COMMAND`, each of which prints a line when warm and then waits for one."""

    def __init__(self, commands: Sequence[Sequence[str]], **variables: str) -> None:
        self._commands = commands
        self._variables = variables

    def __enter__(self) -> Self:
        self._processes = [
            subprocess.Popen(  # noqa: S603 - our own programs
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=os.environ | self._variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for command in self._commands
        ]
        for process in self._processes:
            assert process.stdout is not None  # noqa: S101 - it is piped
            process.stdout.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()

    def go(self) -> list[Any]:
        """Start them and wait for their end. Return the JSON of each one's last line. Raises BenchmarkFailed."""
        for process in self._processes:
            assert process.stdin is not None  # noqa: S101 - it is piped
            with contextlib.suppress(BrokenPipeError):  # it has already ended; its exit status says why
                process.stdin.write("go\n")
                process.stdin.flush()
        ends = [process.communicate() for process in self._processes]
        for process, (_, complaint) in zip(self._processes, ends, strict=True):
            if process.returncode != 0:
                raise BenchmarkFailed(complaint)
        return [json.loads(said.splitlines()[-1]) for said, _ in ends]
