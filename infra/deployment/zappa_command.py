"""Zappa's own command line, run on a stage, with an end to its ways of failing quietly and of waiting for ever."""

import os
import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from infra.deployment.cloud_stack import CloudStack
from infra.deployment.polling import poll
from infra.deployment.program import Program
from infra.deployment.stack_watch import StackWatch
from infra.errors import ZappaFailed
from infra.packaging.packaging_environment import PROJECT

FAILURE = re.compile(r"^(ERROR|CRITICAL):|^(Error: |Oh no!|Traceback \()|Aborting$", re.MULTILINE)
"""A line that Zappa prints for what went wrong. With the first and the last of them it goes on, and exits with 0."""

LIMIT = timedelta(minutes=30)
"""For one command: two invocations of 15 minutes, the longest that Lambda runs; an API takes about two minutes."""
INTERVAL = timedelta(seconds=1)
MODULE = "infra.deployment.bound_zappa"
"""Zappa as it is run here."""


@dataclass(frozen=True)
class ZappaCommand:
    """Runs Zappa with the settings file of one deployment.

    `stack` is given where Zappa makes or updates it. Zappa knows neither ROLLBACK_COMPLETE nor any state that ends in
    _FAILED (0.63, zappa/core.py, update_stack) and waits for ever, so Zappa is ended when the stack has failed.
    """

    settings_file: Path
    stage: str
    stack: CloudStack | None = None
    limit: timedelta = LIMIT

    def run(self, command: str, *arguments: str) -> str:
        """Run it and return all that it printed. Raises ZappaFailed with that where it failed, or at the limit.

        Its directory is a temporary one, since Zappa leaves its template for the stack there when it fails.
        """
        watch = StackWatch.begin(self.stack) if self.stack else None
        line = [sys.executable, "-m", MODULE, *self._arguments(command, arguments)]
        with Program(line, _environment()) as program:
            said = poll(lambda: _at_work(program, watch), self.limit, timedelta(0))
            failure = watch.failure_now() if watch else ""
            program.end()
            printed = program.printed.strip()
        if said or failure or program.status or FAILURE.search(printed):
            reason = f"is still at work after {self.limit}, and was ended" if said else f"failed ({program.status})"
            told = "; ".join(filter(None, [failure, said]))
            raise ZappaFailed(f"zappa {command} {self.stage} {reason}: {told}\n{printed}")
        return printed

    def become(self, command: str, *arguments: str) -> None:
        """Run it in the terminal, until the person ends it."""
        os.execv(sys.executable, [sys.executable, "-m", "zappa.cli", *self._arguments(command, arguments)])  # noqa: S606

    def _arguments(self, command: str, arguments: tuple[str, ...]) -> list[str]:
        settings = ["--settings_file", str(self.settings_file.resolve())]
        if command == "manage":  # which takes its own arguments apart, and joins the rest by spaces
            return [command, self.stage, " ".join(arguments), *settings]
        return [command, self.stage, *arguments, *settings]


def _at_work(program: Program, watch: StackWatch | None) -> str:
    """Wait a moment; say what Zappa and its stack are at, and nothing once Zappa has ended or its stack has failed."""
    if program.ends_within(INTERVAL) or (watch and watch.failure()):
        return ""
    stack = f" (stack {watch.stack.name} is in {watch.status})" if watch and watch.status else ""
    return f"{program.last_line or 'nothing printed yet'}{stack}"


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
