"""`make deploy-local`: an operator's commands on the local AWS, from an empty account and back.

Every step is compared with the state of AWS. Any error that Zappa prints fails the run.
"""

import contextlib
import io
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.template import Engine

from infra.deployment import release_record, rollout, status, teardown
from infra.deployment.deployment import Deployment
from infra.deployment.plan import Plan
from infra.deployment.steps import Steps
from infra.errors import EXPECTED, NotConfirmed, Refused, RolledBack
from infra.packaging.bytecode import compile_module, compiled_name
from infra.packaging.changed_package import change_package
from infra.packaging.executed_packages import ExecutedPackages
from infra.packaging.local_environment import be_local
from infra.packaging.package import make_package
from infra.packaging.packaging_environment import PROJECT
from tests.end_to_end.deployed_state import DeployedState, expect, expect_page, expect_refusal
from tests.end_to_end.errors import NotAsDeployed
from tests.end_to_end.local_cloud import LocalCloud
from tests.end_to_end.local_use import LocalUse
from tests.end_to_end.operator_shell import type_command
from tests.end_to_end.operator_use import OperatorUse

STAGE = "dev"
PASSWORD = "correct horse battery staple"  # of an operator who lives for a minute
EVERY_PAGE = "base.html"
"""Template that every page extends."""
NEW_WORDS = "The next release was here"


class DeployLocal:
    """Complete run. `cloud` is an empty account."""

    def __init__(self, cloud: LocalCloud, directory: Path) -> None:
        self._cloud = cloud
        self._directory = directory
        self._deployment = Deployment(STAGE, address=cloud.address, directory=directory)
        self._state = DeployedState(self._deployment)
        self._steps = Steps()

    def run(self) -> None:
        """Run all steps. Raises the errors of the steps."""
        print("First deployment")
        self._make_stack()
        package = self._steps.take("package", lambda: make_package(STAGE))
        rollout.deploy(self._deployment, self._steps, package)
        self._check("function, retries, dead letters, log", self._state.check_function)
        secrets = self._cloud.database.url, PASSWORD
        self._check("no secret in sight", lambda: self._state.check_no_secret_in_configuration(*secrets))
        self._check("rules, targets, permissions", self._state.check_schedule)
        self._check("event sources, partial failures", self._state.check_event_sources)
        print("In use")
        use = LocalUse(self._deployment, self._cloud.aws)
        self._check("the schedule fires, and SES answers", use.fire_schedule)
        self._check("a page over HTTP, and its style", use.show_page)
        self._check("a failed event ends as a dead letter", use.fail_for_good)
        self._check("zappa tail", lambda: use.tail(*secrets))
        print("The runbook")
        self._check("make status\n", lambda: status.show(self._deployment, datetime.now(UTC)))
        self._check("make releases\n", lambda: release_record.show(self._deployment))
        for command, run in use.runbook_commands():
            self._check(command[:72], run)
        print("Next release")
        self._update(package)
        print("A release that does not work")
        self._break(package)
        print("Rollback")
        rollout.rollback(self._deployment, self._steps)
        self._check("the page is the old one", self._old_page)
        self._check("rules, targets, permissions", self._state.check_schedule)
        self._check("event sources, partial failures", self._state.check_event_sources)
        print("As an operator types it")
        self._type_commands(package)
        print("Taking it down")
        self._take_down()
        ExecutedPackages().add(package)

    def _make_stack(self) -> None:
        deployment = self._deployment
        self._check_refused("nothing there yet", "run `make stack STAGE=dev` first")
        self._steps.take("stack", deployment.update_stack)
        self._steps.take("what moto ignores of it", lambda: self._cloud.provide_what_moto_ignores(deployment))
        self._steps.take("secret key", deployment.secret.complete)
        self._check_refused("no database yet", "has no DATABASE_URL")
        deployment.secret.write(DATABASE_URL="sqlite:////tmp/database")
        self._check_refused("SQLite", "names SQLite")
        deployment.secret.write(DATABASE_URL=self._cloud.database.url, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
        self._check_refused("sender not verified yet", "SES does not take mail")
        self._cloud.verify(deployment.from_address, deployment.region)

    def _check_refused(self, what: str, says: str) -> None:
        def attempt() -> None:
            with contextlib.redirect_stdout(io.StringIO()):
                rollout.deploy(self._deployment, Steps())

        self._steps.take(what, lambda: expect_refusal(attempt, Refused, says))
        self._state.check_nothing_left()

    def _update(self, package: Path) -> None:
        template = Path(Engine.get_default().get_template(EVERY_PAGE).origin.name).relative_to(PROJECT).as_posix()
        changed = change_package(
            package, self._directory / "changed.zip", {template: lambda old: old + f"<p>{NEW_WORDS}</p>".encode()}
        )
        planned = Plan(self._deployment, changed)
        self._check("plan", lambda: expect("migrations and schedule", planned.migrations() + planned.schedule(), []))
        rollout.deploy(self._deployment, self._steps, changed)
        self._changed = self._deployment.releases.kept()[-1]
        self._check("the page is the new one", self._new_page)
        self._check("function, retries, dead letters, log", self._state.check_function)
        self._check("rules, targets, permissions", self._state.check_schedule)
        self._check("event sources, partial failures", self._state.check_event_sources)

    def _break(self, package: Path) -> None:
        module, source = "config/__init__.py", b"1 / 0"
        changes = {module: lambda _: source, compiled_name(module): lambda _: compile_module(module, source)}
        broken = change_package(package, self._directory / "broken.zip", changes)

        def attempt() -> None:
            rollout.deploy(self._deployment, self._steps, broken)

        try:
            attempt()
        except RolledBack as error:
            expect("reason in sight", "ZeroDivisionError" in str(error.__cause__), True)
        else:
            raise NotAsDeployed("a release that does not start was kept")
        self._check("the page is still the new one", self._new_page)
        self._check("function, retries, dead letters, log", self._state.check_function)

    def _type_commands(self, package: Path) -> None:
        use = OperatorUse(self._deployment, self._state, package)
        for line, check in use.commands(self._changed):
            self._check(line[:72], lambda: check(type_command(line)))  # noqa: B023
        self._check("a page", self._old_page)

    def _new_page(self) -> None:
        expect_page(f"{self._deployment.url()}/", NEW_WORDS)

    def _old_page(self) -> None:
        url = f"{self._deployment.url()}/"
        expect_refusal(lambda: expect_page(url, NEW_WORDS), NotAsDeployed, NEW_WORDS)
        expect_page(url, "Monthly")

    def _take_down(self) -> None:
        with typed("production"):
            expect_refusal(
                lambda: teardown.undeploy(self._deployment, self._steps), NotConfirmed, "nothing was deleted"
            )
        with typed(STAGE):
            teardown.undeploy(self._deployment, self._steps)
        self._check("nothing is left", self._state.check_nothing_left)
        with typed(STAGE):
            teardown.delete_stack(self._deployment, self._steps)
        self._check("no stack is left", self._state.check_no_stack_left)

    def _check(self, what: str, check: Any) -> None:
        self._steps.take(what, check)


@contextlib.contextmanager
def typed(words: str) -> Iterator[None]:
    """Type the words at the terminal."""
    before, sys.stdin = sys.stdin, io.StringIO(f"{words}\n")
    try:
        yield
    finally:
        sys.stdin = before


def quieten_moto() -> None:
    """Silence moto's warning of each resource that it ignores; LocalCloud provides those that are needed."""
    logging.getLogger("moto").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "Tried to parse", UserWarning, module="moto.cloudformation")


def main() -> int:
    """Run everything. Return the exit status."""
    started = time.monotonic()
    quieten_moto()
    deployment = Deployment(STAGE)
    be_local(DJANGO_SETTINGS_MODULE=deployment.stage.settings_module)
    variables = deployment.stage.settings["aws_environment_variables"]
    cloud = LocalCloud(topic_arn=variables["SNS_TOPIC_ARN"], from_address=deployment.from_address)
    try:
        with tempfile.TemporaryDirectory() as directory, cloud:
            be_local(DATABASE_URL=cloud.database.url)
            django.setup()
            DeployLocal(cloud, Path(directory)).run()
    except EXPECTED as error:
        print(error, file=sys.stderr)
        return 1
    print(f"All as it should be, in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
