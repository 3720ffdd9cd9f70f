"""Zappa's command line for a stage, with detection of its silent failures and a time limit."""

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
"""Line that Zappa prints after a failure. After the first and the last kind it continues, and exits with 0."""

LIMIT = timedelta(minutes=30)
"""Limit per command: two invocations of 15 minutes, Lambda's maximum; an API takes about two minutes."""
INTERVAL = timedelta(seconds=1)
MODULE = "infra.deployment.bound_zappa"
"""Wrapper module that runs Zappa."""


@dataclass(frozen=True)
class ZappaCommand:
    """Runs Zappa with the settings file of a deployment.

    `stack` is the stack that Zappa creates or updates. Zappa does not recognise ROLLBACK_COMPLETE or states ending in
    _FAILED (0.63, zappa/core.py, update_stack) and waits forever, so it is terminated when the stack has failed.
    """

    settings_file: Path
    stage: str
    stack: CloudStack | None = None
    limit: timedelta = LIMIT

    def run(self, command: str, *arguments: str) -> str:
        """Run a command and return its output. Raises ZappaFailed with the output if it failed or reached the limit.

        Runs in a temporary directory, because a failing Zappa leaves its template there.
        """
        watch = StackWatch.begin(self.stack) if self.stack else None
        line = [sys.executable, "-m", MODULE, *self._arguments(command, arguments)]
        with Program(line, _environment()) as program:
            said = poll(lambda: _at_work(program, watch), self.limit, timedelta(0))
            failure = watch.failure_now() if watch else ""
            program.end()
            printed = program.printed.strip()
        if said or failure or program.status or FAILURE.search(printed):
            reason = f"did not finish within {self.limit} and was ended" if said else f"failed ({program.status})"
            told = "; ".join(filter(None, [failure, said]))
            raise ZappaFailed(f"zappa {command} {self.stage} {reason}: {told}\n{printed}")
        return printed

    def become(self, command: str, *arguments: str) -> None:
        """Run a command in the terminal until the user ends it."""
        os.execv(sys.executable, [sys.executable, "-m", "zappa.cli", *self._arguments(command, arguments)])  # noqa: S606

    def _arguments(self, command: str, arguments: tuple[str, ...]) -> list[str]:
        settings = ["--settings_file", str(self.settings_file.resolve())]
        if command == "manage":  # it parses its own arguments, and joins the rest with spaces
            return [command, self.stage, " ".join(arguments), *settings]
        return [command, self.stage, *arguments, *settings]


def _at_work(program: Program, watch: StackWatch | None) -> str:
    """Wait a moment. Return the progress of Zappa and its stack, or "" if Zappa has ended or the stack has failed."""
    if program.ends_within(INTERVAL) or (watch and watch.failure()):
        return ""
    stack = f" (stack {watch.stack.name} is in {watch.status})" if watch and watch.status else ""
    return f"{program.last_line or 'nothing printed yet'}{stack}"


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
