"""Deployment to AWS: `make stack`, `data`, `deploy`, `rollback`, `manage`, `tail`, `undeploy` and others.

    python -m infra.deployment.deploy COMMAND STAGE [--parameter NAME=VALUE ...] [--manage "COMMAND LINE"]

Credentials and endpoint come from the shell, as boto3 finds them; the region is the stage's. docs/runbook.md describes
the commands.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from infra.deployment import aws_account, configure, provisioning, release_record, rollout, status, teardown
from infra.deployment import plan as planning
from infra.deployment.deployment import Deployment
from infra.deployment.error_messages import EXPECTED, message_of
from infra.deployment.stage_django import set_up_django
from infra.deployment.steps import Steps

Command = Callable[[Deployment, Steps, argparse.Namespace], None]

COMMANDS: dict[str, Command] = {
    "configure": lambda deployment, steps, given: configure.configure(deployment, dict(given.parameter)),
    "stack": lambda deployment, steps, given: provisioning.stack(deployment, dict(given.parameter), steps),
    "data": lambda deployment, steps, given: provisioning.data(deployment, dict(given.parameter), steps),
    "domain": lambda deployment, steps, given: provisioning.domain(deployment, dict(given.parameter), steps),
    "database-url": lambda deployment, steps, given: provisioning.database_url(deployment),
    "plan": lambda deployment, steps, given: planning.plan(deployment, steps),
    "deploy": lambda deployment, steps, given: rollout.deploy_commit(deployment, steps),
    "rollback": lambda deployment, steps, given: rollout.rollback(deployment, steps),
    "manage": lambda deployment, steps, given: print(deployment.zappa().run("manage", given.manage)),
    "tail": lambda deployment, steps, given: deployment.zappa().become("tail", "--since", "10m"),
    "status": lambda deployment, steps, given: status.show(deployment, datetime.now(UTC)),
    "releases": lambda deployment, steps, given: release_record.show(deployment),
    "undeploy": lambda deployment, steps, given: teardown.undeploy(deployment, steps),
    "delete-data": lambda deployment, steps, given: teardown.delete_data(deployment, steps),
    "delete-stack": lambda deployment, steps, given: teardown.delete_stack(deployment, steps),
}

WITHOUT_A_STAGE = {"configure"}
"""Commands for a stage that need not exist."""

INTERRUPTED = 128 + signal.SIGINT
"""Exit status of an interrupted command, as in shells."""


def main(typed: Sequence[str], deployment_of: Callable[[str], Deployment] = Deployment) -> int:
    """Run a command and return the exit status. `deployment_of` returns a stage's deployment by name."""
    given = _parser().parse_args(typed)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # sent by a CI service that cancels; the lock is released
    try:
        deployment = deployment_of(given.stage)
        set_up_django(deployment)
        if given.command not in WITHOUT_A_STAGE:
            aws_account.enter(deployment.stage)
        COMMANDS[given.command](deployment, Steps(), given)
    except EXPECTED as error:
        print(message_of(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Each command can be repeated at any point.", file=sys.stderr)
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deployment.deploy", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("stage")
    parser.add_argument("--manage", default="check", metavar="COMMAND LINE", help="of manage.py, without quotes inside")
    parser.add_argument("--parameter", action="append", default=[], type=_parameter, metavar="NAME=VALUE")
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
