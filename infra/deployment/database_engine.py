"""Kind of a stage's database: Aurora or one instance of data.yaml, or an address elsewhere.

`make data` asks for it once, and never changes it in place.
"""

import sys
from collections.abc import Mapping

from infra.deployment.cloud_stack import CloudStack
from infra.deployment.deployment import Deployment
from infra.errors import Refused

PARAMETER = "Engine"
AURORA, INSTANCE, ELSEWHERE = "aurora", "instance", "elsewhere"
CHOICES = {
    AURORA: "Aurora Serverless v2; with GATE_TABLE it sleeps until something is due, and the first visitor waits 15 s",
    INSTANCE: "one db.t4g.micro, always on: cheaper from some hundred subscribers on",
    ELSEWHERE: "any PostgreSQL; asks for its address",
}
"""Answers to `make data`, with what to choose them for. docs/cost.md compares their costs by size."""


def chosen_engine(deployment: Deployment, given: Mapping[str, str]) -> str:
    """Return the engine of the stack, the given or typed one, or without a terminal the template's default.

    Raises Refused for an unknown engine, and for one that differs from the stack's: its database would be empty.
    """
    wanted = given.get(PARAMETER, "")
    if wanted:
        _check(wanted)
    if deployment.data.exists:
        found = deployment.data.parameter(PARAMETER) or AURORA  # stacks from before there was a choice
        if wanted not in ("", found):
            raise Refused(_change(deployment.stage_name, found, wanted))
        return found
    return wanted or _asked()


def advice(deployment: Deployment, engine: str) -> str:
    """Return what the stage's settings should say about the gate, or "" if they do."""
    stage = deployment.stage_name
    gated = bool(deployment.stage.settings["aws_environment_variables"].get("GATE_TABLE"))
    awake = "is always on" if engine == INSTANCE else _awake_by(deployment.data)
    if gated and awake:
        return f'It {awake}, and the gate saves nothing: make configure STAGE={stage} PARAMETERS="Sleep=no"'
    if not gated and not awake:
        return f'To let it sleep until something is due: make configure STAGE={stage} PARAMETERS="Sleep=yes"'
    return ""


def _awake_by(data: CloudStack) -> str:
    """Return which parameter of Aurora's stack keeps it awake, or "" if it may sleep."""
    if data.parameter("UseProxy") == "true":
        return "never sleeps with UseProxy=true"
    capacity = data.parameter("MinCapacity")
    return f"never sleeps with MinCapacity={capacity}" if float(capacity or 0) else ""


def _asked() -> str:
    if not (sys.stdin and sys.stdin.isatty()):
        print(f"  {PARAMETER}={AURORA}, unless PARAMETERS says otherwise")
        return AURORA
    for name, purpose in CHOICES.items():
        print(f"  {name:<10}{purpose}")
    while True:
        try:
            answer = input(f"{PARAMETER} [{AURORA}]: ").strip() or AURORA
            _check(answer)
        except Refused as error:
            print(error)
        except EOFError as error:
            raise Refused("Nothing was made.") from error
        else:
            return answer


def _check(engine: str) -> None:
    if engine not in CHOICES:
        raise Refused(f"{PARAMETER} {engine!r} must be {', '.join(CHOICES)}.")


def _change(stage: str, found: str, wanted: str) -> str:
    if wanted == ELSEWHERE:
        return f"the stage has a database on AWS ({found}): run `make database-url STAGE={stage}` to use another one"
    return (
        f"the stage's database is {PARAMETER}={found}, and {wanted} would be a new, empty one: docs/runbook.md, "
        "Moving to another database, says how to take the data along"
    )
