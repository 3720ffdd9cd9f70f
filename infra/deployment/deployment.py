"""Deployment of a stage on AWS, step by step. Every step can be repeated after an interruption."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from django.conf import settings

from infra.deployment import aws_account, code_storage, preconditions
from infra.deployment.api_stack import ApiStack
from infra.deployment.database_migration import DatabaseMigration
from infra.deployment.deployment_settings import deployment_settings, write_settings
from infra.deployment.first_run import FirstRun
from infra.deployment.gate_item import forget_markers
from infra.deployment.released_code import ReleasedCode
from infra.deployment.reserved_concurrency import SETTING
from infra.deployment.schedule_rules import ScheduleRules
from infra.deployment.smoke_test import SmokeTest
from infra.deployment.stage_resources import StageResources
from infra.deployment.stage_values import GATE_TABLE
from infra.deployment.zappa_command import ZappaCommand
from infra.errors import NotMigrated
from infra.packaging.executed_packages import ExecutedPackages, code_sha256
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.package_check import check_package
from infra.packaging.release import recorded_commit
from infra.packaging.zappa_stage import load_stage


@dataclass(frozen=True)
class Deployment(StageResources):
    """Steps of a stage's deployment and rollback."""

    def check_here(self) -> None:
        """Check everything that needs no AWS. Raises Refused, with all problems, and UnsupportedPython."""
        LambdaTarget.of_stage(self.stage.settings)
        problems = preconditions.settings_problems(self.settings_file)
        aws_account.refuse(problems + preconditions.directory_problems(self.directory))

    def check_there(self) -> None:
        """Check the preconditions on AWS. Raises Refused, with all problems."""
        outputs = self.outputs()
        aws_account.refuse(
            [
                *preconditions.output_problems(self.stage, outputs),
                *preconditions.secret_problems(self.stage, outputs),
                *self.sender_identity(outputs).problems(self.stage_name),
                *self.domain.problems(),
                *code_storage.bucket_problems(
                    self.bucket.client, self.bucket.name, self.region, outputs["RoleArn"].split(":")[4]
                ),
                *preconditions.architecture_problems(self.function, self.target.architecture),
                *self.concurrency.problems(self.stage.settings.get(SETTING), self._concurrency_of_releases),
            ]
        )

    def check_package(self, package: Path) -> None:
        """Check that the zip would work on Lambda and fits the quota. Raises Refused, with all problems."""
        problems = [str(problem) for problem in check_package(package)]
        room = code_storage.quota_problems(self.function.client, package.stat().st_size)
        aws_account.refuse([*problems, *room])

    @property
    def messaging_parameters(self) -> dict[str, str]:
        """Parameters of the messaging stack from the settings."""
        known = {
            "Project": self.project,
            "Stage": self.stage_name,
            "FromAddress": self.from_address,
            "MetricNamespace": settings.METRIC_NAMESPACE,
            "TakesPayments": "true" if settings.PAYMENT_PROVIDER else "false",
        }
        configured: dict[str, str] = self.stage.settings.get("stack_parameters", {})
        return configured | known

    def update_stack(self, parameters: Mapping[str, str] | None = None) -> bool:
        """Create or update the messaging stack. Return True if anything changed. Raises StackFailed.

        The given parameters override the stage's `stack_parameters`, which `make configure` writes.
        """
        known = self.messaging_parameters | dict(parameters or {})
        return self.messaging.apply(self.templates / "messaging.yaml", known)

    def update_data(self, parameters: Mapping[str, str] | None = None) -> bool:
        """Create or update the database's stack. Return True if anything changed. Raises StackFailed."""
        known = {"Project": self.project, "Stage": self.stage_name}
        return self.data.apply(self.templates / "data.yaml", known | dict(parameters or {}))

    def update_domain(self, parameters: Mapping[str, str] | None = None) -> bool:
        """Create or update the domain's stack, and map it to the API, if there is one.

        Raises Refused and StackFailed.
        """
        given = dict(parameters or {})
        aws_account.refuse(list(self.domain.parameter_problems(given)))
        changed = self.domain.apply(self.templates / "domain.yaml", given)
        return self._lead_domain() or changed

    def zappa(self) -> ZappaCommand:
        """Return Zappa's command with the stacks' outputs in its settings."""
        return self._zappa_with(deployment_settings(self.stage, self.outputs(), datetime.now(UTC)))

    def run_first(self, package: Path) -> None:
        """Run a package that cannot run here in a function of its own. Raises SmokeTestFailed."""
        settings = deployment_settings(self.stage, self.outputs(), datetime.now(UTC))
        FirstRun(boto3.client("lambda", region_name=self.region), self.name, settings, self.target).of(package)

    def forget_markers(self) -> str:
        """Open the gate from outside the function: the running release may have none. Return what came of it."""
        return forget_markers(self.stage.settings["aws_environment_variables"], self.region)

    def upload(self, package: Path) -> str:
        """Run `zappa deploy` or `zappa update`, and return which. Raises ZappaFailed, Refused and NotSettled.

        The function then has exactly the settings' variables. Remains of the API from an interrupted or failed
        deployment are repaired first.
        """
        settings = deployment_settings(
            self.stage, self.outputs(), datetime.now(UTC), f"commit {recorded_commit(package)}"
        )
        zappa = self._zappa_with(settings)
        gateway = boto3.client("apigateway", region_name=self.region)
        made = ApiStack(self.api, self.function, zappa, gateway).prepare(settings["role_arn"])
        command = "update" if self.function.exists else "deploy"
        if command == "update":
            self.function.wait_until_idle()
        replace(zappa, stack=self.api).run(command, "--zip", str(package.resolve()), "--disable_progress")
        removed = self.function.set_variables(settings["aws_environment_variables"]).removed
        said = [command, "the API was missing and was created again" if made else ""]
        said += [f"removed the variables {', '.join(removed)}"] if removed else []
        return "; ".join(filter(None, said))

    def compare(self, package: Path) -> str:
        """Compare the running code with the package and describe it. Raises NotAsPackaged if they differ."""
        self.function.expect_code(code_sha256(package))
        tested = "ran here in make deploy-local" if ExecutedPackages().has(package) else "not run here"
        return f"the same; commit {recorded_commit(package)}; {tested}"

    def complete(self) -> None:
        """Complete the configuration beyond Zappa's. Raises NotSettled and ZappaFailed.

        Without `events` in the settings, Zappa leaves the rules of the previous release.
        """
        if not self.stage.events:
            self.zappa().run("unschedule")
        self._rules.remove_begun()
        queues = {event.source_arn for event in self.stage.events if event.source_arn}
        self.function.complete(self.outputs()["DeadLetterQueueArn"], queues)
        self._lead_domain()

    @property
    def _rules(self) -> ScheduleRules:
        arn = self.function.client.get_function_configuration(FunctionName=self.name)["FunctionArn"]
        return ScheduleRules(boto3.client("events", region_name=self.region), arn, ())

    def keep(self, package: Path) -> str:
        """Keep the running code as a release, once AWS has updated it. Return its version.

        Raises NotSettled, and NotAsPackaged if the running code is not the package's.
        """
        self.function.wait_until_settled()
        return self.releases.keep(code_sha256(package), f"commit {recorded_commit(package)}")

    def migrate(self) -> str:
        """Migrate the database by the deployed code. Return the number of migrations in words.

        Raises NotMigrated, with the reason and the remedy, and NotSettled.
        """
        return DatabaseMigration(self.function).run()

    def open_gate(self) -> str:
        """Open the gate, which is as a release left it that ran before one without a gate. Return what came of it.

        Failing would leave a rollback half done, and the ceiling bounds what is late.
        """
        if GATE_TABLE not in self.function.variables:
            return "this release has none"
        try:
            DatabaseMigration(self.function).open_gate()
        except NotMigrated as error:
            return f"it stays closed for GATE_CEILING_HOURS at most (docs/runbook.md, After a change by hand): {error}"
        return "all jobs run at the next tick"

    def smoke_test(self) -> str:
        """Run the smoke test. Return what could not be tested. Raises SmokeTestFailed."""
        stage = load_stage(self.stage_name, self.settings_file)
        has_paid = self.releases.had("PAYMENT_PROVIDER", stage.variables.get("PAYMENT_PROVIDER", ""))
        untested = SmokeTest(stage, self.function, self.url(), has_paid=has_paid).run()
        return self.domain.leads_elsewhere(self.api.resource("Api"), self.stage_name) or untested

    def go_back_to(self, version: str) -> "Deployment":
        """Restore code, configuration and schedule of this version. Return the restored deployment.

        Raises Refused, before any change, if the version's schedule or variables are unknown; ZappaFailed, NotSettled,
        and NotAsPackaged if other code runs afterwards.
        """
        code = ReleasedCode(self.function.client, self.name, version)
        then = replace(self, settings_file=code.write_settings(self.directory))
        configuration = self.function.configuration_in(version)
        then.forget_markers()
        self.function.use_handler(configuration["Handler"])
        code.restore(self.function)
        self.function.configure(configuration)
        then.zappa().run("schedule")
        then.complete()
        if stays := self.concurrency.restore(then.stage.settings.get(SETTING), self._concurrency_of_releases):
            print(f"\n    {stays}", end="", flush=True)
        self.function.expect_code(self.releases.code_sha256(version))
        return then

    def _lead_domain(self) -> bool:
        domain = self.domain
        return domain.stack.exists and self.api.exists and domain.lead_to(self.api.resource("Api"), self.stage_name)

    def _concurrency_of_releases(self) -> set[int | None]:
        """Return the settings of this release and of the last kept one."""
        return {each.stage.settings.get(SETTING) for each in [self, *map(self._released, self.releases.kept()[-1:])]}

    def _released(self, version: str) -> "Deployment":
        code = ReleasedCode(self.function.client, self.name, version)
        return replace(self, settings_file=code.write_settings(self.directory))

    def _zappa_with(self, settings: Mapping[str, Any]) -> ZappaCommand:
        return ZappaCommand(write_settings(self.stage_name, settings, self.directory), self.stage_name)
