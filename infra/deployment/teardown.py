"""Taking a stage down, and what it stands on."""

import sys

from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import DeployError, NotConfirmed


def undeploy(deployment: Deployment, steps: Steps) -> None:
    """Take function, API and schedule down. The stacks, and with them queues, secret and database, stay."""
    _confirm(deployment, "function, API and schedule", deployment.name)
    if deployment.api.exists:
        steps.take("zappa undeploy", deployment.take_down)
    elif deployment.function.exists:  # what an interrupted first deployment left
        steps.take("delete the function", deployment.function.delete)


def delete_stack(deployment: Deployment, steps: Steps) -> None:
    """Delete the messaging stack, once the function is gone."""
    if deployment.function.exists:
        raise DeployError(f"{deployment.name} still runs: `make undeploy STAGE={deployment.stage_name}` first")
    _confirm(deployment, "topics, queues with what is in them, secret, role, alarms", deployment.messaging.name)
    steps.take("delete the stack", deployment.messaging.delete)


def _confirm(deployment: Deployment, what: str, name: str) -> None:
    print(f"This deletes {what} of {name}. Type the stage's name to go on: ", end="", flush=True)
    answer = sys.stdin.readline().strip()
    if not sys.stdin.isatty():
        print(answer)
    if answer != deployment.stage_name:
        raise NotConfirmed("nothing was deleted")
