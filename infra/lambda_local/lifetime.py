"""Processes and files that end with the process that made them, even if that one is killed."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def end_with_this_thread(how: signal.Signals) -> Callable[[], None] | None:
    """Return a `preexec_fn` by which Linux signals the child when the thread that starts it ends; None elsewhere.

    The kernel forgets the request at a change of account; `Popen(user=...)` makes that change before the call.
    https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def request() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(how))
        if os.getppid() != parent:  # it ended before the request
            os._exit(1)

    return request


class RemovedWithThisProcess:
    """Removes directories in `remove()`, or when this process ends, however it ends.

    A shell does it, which waits for its standard input to close: even kill -9 closes that. What was made read-only
    goes as well.
    """

    def __init__(self, directories: list[Path]) -> None:
        script = 'trap "" INT TERM HUP; cat; chmod -R u+w "$@"; until rm -rf "$@"; do sleep 0.1; done'
        self._shell = subprocess.Popen(  # noqa: S603 - a fixed script
            ["/bin/sh", "-c", script, "sh", *map(str, directories)],
            cwd="/",
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def remove(self) -> None:
        """Remove the directories now, and return when they are gone."""
        self._shell.communicate()

    def keep_through_exec(self) -> None:
        """Keep the directories when this process becomes another program by `exec`."""
        if self._shell.stdin is not None:
            os.set_inheritable(self._shell.stdin.fileno(), True)
