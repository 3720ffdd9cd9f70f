"""Zappa's command line, which ends with its parent: `python -m infra.deployment.bound_zappa ...`.

A killed deployment must leave no Zappa behind that continues to change what the next deployment changes too.
"""

import os
import sys
import threading

from zappa.cli import handle

STOPPED = 130
"""Exit status of an interrupted command, as in shells."""


def main() -> None:
    """Run Zappa with this program's arguments until it ends, or until standard input does."""
    lifeline = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())  # so that Zappa cannot prompt
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    handle()


def _end_with(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os._exit(STOPPED)


if __name__ == "__main__":
    main()
