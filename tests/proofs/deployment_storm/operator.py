"""Operator of the storm, who types commands in processes that can be killed together."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra.lambda_local.lifetime import end_with_this_thread
from infra.packaging.packaging_environment import PROJECT
from tests.proofs.deployment_storm.command import CRASHED
from tests.proofs.deployment_storm.release import StormRelease
from tests.support.patience import PATIENCE_SECONDS

CONFIRMATION = b"dev\n"
"""Confirmation required by `undeploy`."""


@dataclass
class Typed:
    """Running command with the release in the operator's checkout."""

    command: str
    release: StormRelease
    process: "subprocess.Popen[bytes]"
    log: Path
    was_interrupted: bool = field(default=False)

    def __str__(self) -> str:
        return f"{self.command} ({self.release})" if self.command == "deploy" else self.command

    def kill(self) -> None:
        """Kill the command and Zappa."""
        self.was_interrupted = True
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def cancel(self) -> None:
        """Terminate the command, as a CI service does."""
        self.was_interrupted = True
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGTERM)

    def wait(self) -> int:
        """Return its exit status after all its processes have ended."""
        status = self.process.wait(PATIENCE_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # Zappa, where the command alone was ended
        return status

    @property
    def said(self) -> str:
        """Return its output."""
        return self.log.read_text(errors="replace")

    @property
    def crashed(self) -> bool:
        """Return True if it ended with a traceback."""
        return self.process.returncode == CRASHED


def type_command(command: str, release: StormRelease, site_url: str, directory: Path) -> Typed:
    """Start the command. `directory` is for its log and its files."""
    directory.mkdir(exist_ok=True)
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.proofs.deployment_storm.command", command, site_url),
                *map(str, (directory / "build", release.settings_file, release.package)),
            ],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_this_thread(signal.SIGKILL),  # noqa: PLW1509 - one system call, no lock
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(CONFIRMATION)
        process.stdin.close()
    return Typed(command, release, process, log)
