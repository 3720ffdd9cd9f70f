"""Deploying to AWS: what `make stack`, `data`, `deploy`, `rollback`, `manage`, `tail`, `undeploy`, `delete-stack` run.

    python -m infra.deployment.deploy COMMAND STAGE [--parameter NAME=VALUE ...] [--manage "COMMAND LINE"]

The credentials and the endpoint are those of the shell, as boto3 finds them. docs/runbook.md says when to use what.
"""

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import django
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import preconditions
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import DeployError, InfraError, NotAsPackaged, NotConfirmed, Refused, SmokeTestFailed, ZappaFailed
from infra.local.local_environment import be_local
from infra.packaging.package import make_package
from infra.packaging.release import Release, recorded_commit

COMMANDS = ("stack", "data", "deploy", "rollback", "manage", "tail", "undeploy", "delete-stack", "database-url")


def stack(deployment: Deployment, parameters: Mapping[str, str], steps: Steps) -> None:
    """Make the messaging stack, or update it."""
    steps.take("check the settings", deployment.check_here)
    changed = steps.take("stack", lambda: deployment.update_stack(parameters))
    steps.take("secret key", lambda: "made" if deployment.secret.complete() else "kept")
    print(f"  {deployment.messaging.name} {'made or updated' if changed else 'is up to date'}; its outputs:")
    for name, value in sorted(deployment.outputs().items()):
        print(f"    {name:<24}{value}")


def data(deployment: Deployment, parameters: Mapping[str, str], steps: Steps) -> None:
    """Make the database's stack, or update it; the messaging stack holds its secret."""
    deployment.outputs()
    steps.take("database, about twenty minutes at first", lambda: deployment.update_data(parameters))


def deploy_commit(deployment: Deployment, steps: Steps) -> None:
    """Deploy what is committed. Raises DirtyRelease where the working tree holds anything else, and as `deploy`."""
    steps.take("check the working tree", Release.read().refuse_changes)
    deploy(deployment, steps)


def deploy(deployment: Deployment, steps: Steps, package: Path | None = None) -> None:
    """Everything, in the order that never leaves half of it: what can be refused is refused before the first change.

    A release that fails once it is uploaded is taken back to the last one that was kept. Raises Refused, StackFailed,
    PackagingFailed, ZappaFailed, NotAsPackaged, SmokeTestFailed.
    """
    steps.take("check the settings", deployment.check_here)
    steps.take("check stack, secret and sender", deployment.check_there)
    zipped = package or steps.take("package", lambda: make_package(deployment.stage_name))
    steps.take("check the package", lambda: deployment.check_package(zipped))
    steps.take("stack", deployment.update_stack)
    if not deployment.target.runs_here:
        steps.take("first run, not run here before", lambda: deployment.run_first(zipped))
    try:
        steps.take("zappa", lambda: deployment.upload(zipped))
        steps.take("compare what runs with what was tested", lambda: deployment.compare(zipped))
        steps.take("retries and dead letters", deployment.complete)
        steps.take("migrate", deployment.migrate)
        steps.take("smoke test", deployment.smoke_test)
    except (ZappaFailed, NotAsPackaged, SmokeTestFailed, ClientError, BotoCoreError):
        _take_back(deployment, steps)
        raise
    steps.take("keep this release", lambda: deployment.releases.keep(f"commit {recorded_commit(zipped)}"))
    print(f"  {deployment.url()}/")


def rollback(deployment: Deployment, steps: Steps) -> None:
    """Go back to the release before this one: code, configuration and schedule; the database stays as it is."""
    target = deployment.releases.previous()
    then = steps.take(f"go back to version {target}", lambda: deployment.go_back_to(target))
    steps.take("smoke test", then.smoke_test)
    steps.take("keep this release", lambda: deployment.releases.keep_instead(target))


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


def tail(deployment: Deployment, steps: Steps) -> None:
    """Show the function's log until Ctrl-C."""
    deployment.zappa().become("tail", "--since", "10m")


def manage(deployment: Deployment, command: str) -> None:
    """Run one of manage.py's commands on Lambda, and show its log."""
    print(deployment.zappa().run("manage", command))


def database_url(deployment: Deployment) -> None:
    """Ask for the database's address, and put it into the secret."""
    address = getpass.getpass("postgres://user:password@host:port/name (not shown): ")
    if not address:
        raise Refused("nothing was typed, and nothing changed")
    for problem in preconditions.database_problems(address):
        raise Refused(problem)
    deployment.secret.write(DATABASE_URL=address)


def _take_back(deployment: Deployment, steps: Steps) -> None:
    kept = deployment.releases.kept() if deployment.function.exists else []
    if not kept:
        print("  There is no earlier release to go back to. Put it right and deploy again.")
        return
    then = steps.take(f"go back to version {kept[-1]}", lambda: deployment.go_back_to(kept[-1]))
    steps.take("smoke test", then.smoke_test)


def _confirm(deployment: Deployment, what: str, name: str) -> None:
    print(f"This deletes {what} of {name}. Type the stage's name to go on: ", end="", flush=True)
    answer = sys.stdin.readline().strip()
    if not sys.stdin.isatty():
        print(answer)
    if answer != deployment.stage_name:
        raise NotConfirmed("nothing was deleted")


def main() -> int:
    """Run one command; return the exit status."""
    arguments = _arguments()
    be_local(DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()
    deployment, steps = Deployment(arguments.stage), Steps()
    commands: dict[str, Callable[[], None]] = {
        "stack": lambda: stack(deployment, dict(arguments.parameter), steps),
        "data": lambda: data(deployment, dict(arguments.parameter), steps),
        "deploy": lambda: deploy_commit(deployment, steps),
        "rollback": lambda: rollback(deployment, steps),
        "undeploy": lambda: undeploy(deployment, steps),
        "database-url": lambda: database_url(deployment),
        "delete-stack": lambda: delete_stack(deployment, steps),
        "tail": lambda: tail(deployment, steps),
        "manage": lambda: manage(deployment, arguments.manage),
    }
    try:
        commands[arguments.command]()
    except (InfraError, ClientError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deployment.deploy", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("stage")
    parser.add_argument("--manage", default="check", metavar="COMMAND LINE", help="of manage.py, without quotes inside")
    parser.add_argument("--parameter", action="append", default=[], type=_parameter, metavar="NAME=VALUE")
    return parser.parse_args()


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
