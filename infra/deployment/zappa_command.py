"""Zappa's own command line, run on a stage, with an end to its way of failing quietly."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.errors import ZappaFailed
from infra.packaging.packaging_environment import PROJECT

FAILURE = re.compile(r"^(ERROR|CRITICAL):|^(Error: |Oh no!|Traceback \()|Aborting$", re.MULTILINE)
"""A line that Zappa prints for what went wrong. With the first and the last of them it goes on, and exits with 0."""


@dataclass(frozen=True)
class ZappaCommand:
    """Runs Zappa with the settings file of one deployment."""

    settings_file: Path
    stage: str

    def run(self, command: str, *arguments: str) -> str:
        """Run it and return all that it printed. Raises ZappaFailed with that where it failed."""
        finished = subprocess.run(  # noqa: S603 - Zappa
            [sys.executable, "-m", "zappa.cli", *self._arguments(command, arguments)],
            cwd=PROJECT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if finished.returncode or FAILURE.search(finished.stdout):
            raise ZappaFailed(
                f"zappa {command} {self.stage} failed ({finished.returncode}):\n{finished.stdout.strip()}"
            )
        return finished.stdout

    def become(self, command: str, *arguments: str) -> None:
        """Run it in the terminal, until the person ends it."""
        os.execv(sys.executable, [sys.executable, "-m", "zappa.cli", *self._arguments(command, arguments)])  # noqa: S606

    def _arguments(self, command: str, arguments: tuple[str, ...]) -> list[str]:
        settings = ["--settings_file", str(self.settings_file)]
        if command == "manage":  # which takes its own arguments apart, and joins the rest by spaces
            return [command, self.stage, " ".join(arguments), *settings]
        return [command, self.stage, *arguments, *settings]
