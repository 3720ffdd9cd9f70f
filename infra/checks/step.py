"""A make target that runs beside others."""

import os
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress

from infra.lambda_local.lifetime import end_with_this_thread

OUTPUT_SECONDS = 10.0
"""The time to read the rest of the output of a target that has ended."""

PERCENTAGE = re.compile(r"\[ *(\d+)%\]")
"""The progress that pytest shows in each line of its verbose output, which `VERBOSE=1` asks for."""
FAILURES = re.compile(r"^=+ (ERRORS|FAILURES) =+$", re.MULTILINE)
"""pytest's heading above its failures."""


class Step:
    """A running `make TARGET VERBOSE=1`, in a process group of its own. It ends with the thread that started it."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._started = time.monotonic()
        self._lines: list[str] = []
        self._percentage = ""
        self._process = subprocess.Popen(  # noqa: S603 - a target of the Makefile here
            ["make", "--no-print-directory", target, "VERBOSE=1"],  # noqa: S607 - the make that the caller has
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
            preexec_fn=end_with_this_thread(signal.SIGTERM),  # noqa: PLW1509 - one system call, no lock
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def status(self) -> int | None:
        """The exit status, or None while the target runs."""
        status = self._process.poll()
        if status is not None:
            self._reader.join(OUTPUT_SECONDS)
        return status

    @property
    def duration(self) -> str:
        """The time since the start, as minutes and seconds."""
        minutes, seconds = divmod(round(time.monotonic() - self._started), 60)
        return f"{minutes}:{seconds:02}"

    @property
    def progress(self) -> str:
        """The percentage, where the target shows one, or else the time since the start."""
        return f"{self.target} {self._percentage or self.duration}"

    @property
    def reason(self) -> str:
        """The output from the first failure of a test on, or all output."""
        output = "".join(self._lines)
        failures = FAILURES.search(output)
        return output[failures.start() :] if failures else output

    def interrupt(self) -> None:
        """Interrupt the target, as Ctrl-C does."""
        self._send(signal.SIGINT)

    def kill_after(self, deadline: float) -> None:
        """Wait for the target until the deadline, of `time.monotonic()`, then kill it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.append(line)
            if found := PERCENTAGE.search(line):
                self._percentage = f"{found[1]} %"
