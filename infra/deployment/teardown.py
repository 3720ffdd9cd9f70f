"""Removal of a stage, and then of the stacks below it in the order of their dependencies."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.deployment.confirmation import confirm
from infra.deployment.data_deletion import DataDeletion
from infra.deployment.deployment import Deployment
from infra.deployment.remains import Remains
from infra.deployment.steps import Steps
from infra.errors import StillInUse


def undeploy(deployment: Deployment, steps: Steps) -> None:
    """Remove function, API and schedule, in any state. Can be repeated. The stacks below them stay.

    Raises NotConfirmed, DeploymentLocked, NotSettled, StackFailed and SomethingLeft.
    """
    _confirm(deployment, "function, API and schedule", deployment.name)
    remains = Remains(deployment)
    with _alone(deployment, "undeploy"):
        steps.take("schedule", lambda: f"{remains.rules.remove()} rules")
        steps.take("event sources", lambda: f"{remains.event_sources.remove_all(remains.function_arn)} mappings")
        steps.take("domains of the API", lambda: f"{remains.domain_mappings.remove()} mappings")
        steps.take("API", deployment.api.delete)
        steps.take("function", lambda: f"{remains.remove_functions()} functions")
        steps.take("templates in the bucket", lambda: f"{remains.remove_templates()} objects")
        steps.take("check that nothing is left", remains.check_nothing_is_left)
    _tell_kept(deployment)


def delete_data(deployment: Deployment, steps: Steps) -> None:
    """Delete the database's stack, which leaves a snapshot.

    Raises StillInUse, NotConfirmed, NotSettled and StackFailed.
    """
    if not deployment.data.status:
        print(f"  There is no stack {deployment.data.name}.")
        return
    _refuse_in_use(deployment, _of_function(deployment) or DataDeletion(deployment).problems())
    _confirm(
        deployment, "the database with all that is in it, but for a last snapshot, and its network,", deployment.name
    )
    steps.take("delete the database's stack", DataDeletion(deployment).delete)
    _tell_kept(deployment)


def delete_stack(deployment: Deployment, steps: Steps) -> None:
    """Delete the messaging stack if nothing uses it. Raises StillInUse, NotConfirmed and StackFailed."""
    if not deployment.messaging.status:
        print(f"  There is no stack {deployment.messaging.name}.")
        return
    _refuse_in_use(deployment, _of_function(deployment) or _of_data(deployment))
    _confirm(deployment, "topics, queues with what is in them, secret, log, role, alarms", deployment.messaging.name)
    steps.take("delete the stack", deployment.messaging.delete)
    _tell_kept(deployment)


def _of_function(deployment: Deployment) -> list[str]:
    """Return the parts that use role, queues and network."""
    parts = list(Remains(deployment).parts())
    return [*parts, f"run `make undeploy STAGE={deployment.stage_name}` first"] if parts else []


def _of_data(deployment: Deployment) -> list[str]:
    """Return the database stack, whose password, and a proxy's logins, come from the secret."""
    data = deployment.data
    if not data.status:
        return []
    first = f"run `make delete-data STAGE={deployment.stage_name}` first"
    return [f"stack {data.name}, in {data.status}, has the password of its database from the secret: {first}"]


def _refuse_in_use(deployment: Deployment, uses: list[str]) -> None:
    if uses:
        told = "\n".join(f"- {use}" for use in uses)
        raise StillInUse(f"{deployment.stage_name} is still in use, and nothing was deleted:\n{told}")


@contextmanager
def _alone(deployment: Deployment, command: str) -> Iterator[None]:
    """Hold the stage's lock, which is in its bucket; without the bucket nobody can deploy."""
    if not deployment.bucket.exists:
        yield
        return
    with deployment.lock(command).held():
        yield


def _tell_kept(deployment: Deployment) -> None:
    held = {
        deployment.messaging: f"queues, secret and log group /aws/lambda/{deployment.name}",
        deployment.data: "database and network",
        deployment.domain.stack: "domain and certificate",
    }
    kept = [f"stack {stack.name} ({what})" for stack, what in held.items() if stack.status]
    kept += [f"bucket {deployment.bucket.name}"] if deployment.bucket.exists else []
    print(f"  Kept: {', '.join(kept) or 'nothing'}.")


def _confirm(deployment: Deployment, what: str, name: str) -> None:
    confirm(f"This deletes {what} of {name}.", deployment.stage_name)
