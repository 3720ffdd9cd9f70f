"""Confirmation of what cannot be undone: a person types the stage's name, and a CI service gives YES=1."""

import os
import sys

from infra.errors import NotConfirmed

VARIABLE = "YES"
"""Environment variable, also set by `make undeploy STAGE=... YES=1`. No other value than 1 confirms."""


def confirm(what: str, stage_name: str) -> None:
    """Return once the stage's name is confirmed. Raises NotConfirmed, also where there is nobody to ask."""
    if os.environ.get(VARIABLE) == "1":
        print(f"{what} Confirmed by {VARIABLE}=1.", flush=True)
        return
    print(f"{what} Type the stage's name to go on: ", end="", flush=True)
    line = sys.stdin.readline() if sys.stdin else ""
    if not line or not sys.stdin.isatty():
        print(line.strip(), flush=True)
    if not line:
        raise NotConfirmed(f"nothing was deleted: nobody is there to ask. {VARIABLE}=1 confirms without a terminal.")
    if line.strip() != stage_name:
        raise NotConfirmed("nothing was deleted")
