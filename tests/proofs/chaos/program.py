"""Child process that communicates by lines."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

from infra.lambda_local.lifetime import end_with_this_thread


class Program:
    """Process that ends with the thread that started it. Its standard error is appended to `log`."""

    def __init__(self, module: str, *arguments: str, log: Path, environment: dict[str, str] | None = None) -> None:
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                bufsize=1,
                preexec_fn=end_with_this_thread(signal.SIGKILL),  # noqa: PLW1509 - one system call, no lock
            )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tell(self, line: str) -> None:
        """Write a line to the process, which may be dead."""
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(line + "\n")

    def heard(self, seconds: float = 0.0) -> str | None:
        """Return its next line, or None after this long."""
        try:
            return self._lines.get(seconds > 0, seconds)
        except queue.Empty:
            return None

    def signal(self, how: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(how)

    def end(self) -> None:
        """Kill the process, even if suspended."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def _read(self) -> None:
        if self.process.stdout is not None:
            for line in self.process.stdout:
                self._lines.put(line.rstrip("\n"))
