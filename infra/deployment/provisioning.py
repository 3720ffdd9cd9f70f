"""Provisioning of a stage's stacks and secret."""

import getpass
import sys
from collections.abc import Mapping

from infra.deployment import aws_account, database_engine, preconditions
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import Refused


def stack(deployment: Deployment, parameters: Mapping[str, str], steps: Steps) -> None:
    """Create or update the messaging stack."""
    steps.take("check the settings", deployment.check_here)
    if not deployment.messaging.exists and parameters.get("CreateIdentity") != "false":
        aws_account.refuse(list(deployment.sender_identity(parameters).creation_problems()))
    changed = steps.take("stack", lambda: deployment.update_stack(parameters))
    steps.take("secret key", lambda: "made" if deployment.secret.complete() else "kept")
    print(f"  {deployment.messaging.name} {'made or updated' if changed else 'is up to date'}; its outputs:")
    for name, value in sorted(deployment.outputs().items()):
        print(f"    {name:<24}{value}")


def data(deployment: Deployment, parameters: Mapping[str, str], steps: Steps) -> None:
    """Create or update the database's stack, or store the address of a database elsewhere. Raises Refused.

    The secret is in the messaging stack.
    """
    deployment.outputs()
    engine = database_engine.chosen_engine(deployment, parameters)
    if engine == database_engine.ELSEWHERE:
        database_url(deployment)
        return
    named = {**parameters, database_engine.PARAMETER: engine}
    steps.take("database, about twenty minutes at first", lambda: deployment.update_data(named))
    if advice := database_engine.advice(deployment, engine):
        print(f"  {advice}")


def domain(deployment: Deployment, parameters: Mapping[str, str], steps: Steps) -> None:
    """Create or update the domain's stack, and print the DNS record to be published."""
    steps.take("check the settings", deployment.check_here)
    steps.take("domain, until its certificate is issued", lambda: _told(deployment.update_domain(parameters)))
    if record := deployment.domain.record():
        print(f"  Publish this record, or an alias like it: {record}")
    if not deployment.api.exists:
        print(f"  There is no API yet: `make deploy STAGE={deployment.stage_name}` leads the domain to it.")


def database_url(deployment: Deployment) -> None:
    """Read the database URL from the terminal or standard input, and store it in the secret. Raises Refused."""
    deployment.outputs()
    address = _asked() if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not address:
        raise Refused(
            "no address was given, and nothing changed. Type it, or give it on standard input: "
            f"printenv ADDRESS | make database-url STAGE={deployment.stage_name}"
        )
    for problem in preconditions.database_problems(deployment.stage, address):
        raise Refused(problem)
    deployment.secret.write(DATABASE_URL=address)


def _asked() -> str:
    try:
        return getpass.getpass("postgres://user:password@host:port/name (not shown): ")
    except EOFError:
        return ""


def _told(changed: bool) -> str:
    return "made or updated" if changed else "up to date"
