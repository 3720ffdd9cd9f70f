"""Deployment command in a process of its own, as started by an operator or CI service."""

import os
import subprocess
import sys
from dataclasses import dataclass, field

from tests.support.patience import PATIENCE_SECONDS


@dataclass(frozen=True)
class Said:
    """Exit status and output."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class TypedCommand:
    """Runner of modules with the shell's variables and `variables`; None removes one."""

    variables: dict[str, str | None] = field(default_factory=dict)

    def deploy(self, *arguments: str, typed: str = "") -> Said:
        """Run `python -m infra.deployment.deploy`."""
        return self.run("infra.deployment.deploy", *arguments, typed=typed)

    def run(self, module: str, *arguments: str, typed: str = "") -> Said:
        """Run a module to its end; `typed` is its standard input, which is not a terminal."""
        return self._run("-m", module, *arguments, typed=typed)

    def program(self, code: str, *arguments: str) -> Said:
        """Run Python code to its end."""
        return self._run("-c", code, *arguments)

    def _run(self, *arguments: str, typed: str = "") -> Said:
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of the process."""
        variables = {**os.environ, **self.variables}
        return {name: value for name, value in variables.items() if value is not None}
