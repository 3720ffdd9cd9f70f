"""Confirmation of irreversible commands: a person types the stage's name, a CI service sets YES=1."""

import os
import sys

from infra.errors import NotConfirmed

VARIABLE = "YES"
"""Environment variable, also set by `make undeploy STAGE=... YES=1`. Only the value 1 confirms."""


def confirm(what: str, stage_name: str) -> None:
    """Return if the stage's name is confirmed. Raises NotConfirmed, also without a terminal."""
    if os.environ.get(VARIABLE) == "1":
        print(f"{what} Confirmed by {VARIABLE}=1.", flush=True)
        return
    print(f"{what} Type the stage's name to continue: ", end="", flush=True)
    line = sys.stdin.readline() if sys.stdin else ""
    if not line or not sys.stdin.isatty():
        print(line.strip(), flush=True)
    if not line:
        raise NotConfirmed(
            f"nothing was deleted: there is no terminal to ask for confirmation. Set {VARIABLE}=1 to confirm."
        )
    if line.strip() != stage_name:
        raise NotConfirmed("nothing was deleted")
