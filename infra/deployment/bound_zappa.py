"""Zappa's command line, which ends with the program that started it: `python -m infra.deployment.bound_zappa ...`.

A deployment that is killed must leave no Zappa behind that goes on changing what the next deployment changes too.
"""

import os
import sys
import threading

from zappa.cli import handle

STOPPED = 130
"""Exit status of a command that was interrupted, as shells have it."""


def main() -> None:
    """Run Zappa with the arguments of this program until it ends, or until standard input does."""
    lifeline = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())  # Zappa can ask nobody
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    handle()


def _end_with(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os._exit(STOPPED)


if __name__ == "__main__":
    main()
