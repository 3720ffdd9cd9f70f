"""Deployment of a stage on AWS, step by step. Every step can be repeated after an interruption."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from django.conf import settings

from config.zappa.site_checks import site_host
from config.zappa.stages import Stage, ZappaSettingsError, read_document, read_stages
from foundation.email_addresses import read_sender
from infra.deployment import aws_account, code_storage, preconditions
from infra.deployment.api_stack import ApiStack
from infra.deployment.cloud_stack import CloudStack
from infra.deployment.custom_domain import CustomDomain
from infra.deployment.database_migration import DatabaseMigration
from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.deployment_lock import IMPATIENT, LEASE, DeploymentLock
from infra.deployment.deployment_secret import DeploymentSecret
from infra.deployment.deployment_settings import deployment_settings, write_settings
from infra.deployment.first_run import FirstRun
from infra.deployment.package_bucket import PackageBucket
from infra.deployment.released_code import ReleasedCode
from infra.deployment.releases import Releases
from infra.deployment.reserved_concurrency import SETTING, ReservedConcurrency
from infra.deployment.schedule_rules import ScheduleRules
from infra.deployment.sender_identity import SenderIdentity, domain_of
from infra.deployment.smoke_test import SmokeTest
from infra.deployment.zappa_command import ZappaCommand
from infra.errors import NoStack, Refused
from infra.packaging.executed_packages import ExecutedPackages, code_sha256
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.package_check import check_package
from infra.packaging.packaging_environment import BUILD
from infra.packaging.release import recorded_commit
from infra.packaging.zappa_stage import SETTINGS_FILE, load_stage

TEMPLATES = Path(__file__).resolve().parent.parent / "cloudformation"

Address = Callable[[str, str, str], str]
"""Return a stage's URL for the API's id, the region and the stage."""


def address_on_aws(api_id: str, region: str, stage: str) -> str:
    """Return the URL on AWS.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
    """
    return f"https://{api_id}.execute-api.{region}.amazonaws.com/{stage}"


@dataclass(frozen=True)
class Deployment:
    """All AWS resources of a stage, found by its name."""

    stage_name: str
    settings_file: Path = SETTINGS_FILE
    address: Address = address_on_aws
    templates: Path = TEMPLATES
    directory: Path = BUILD
    """Directory for Zappa's settings."""
    lease: timedelta = LEASE
    """Time after which the lock of a dead command expires."""

    @cached_property
    def stage(self) -> Stage:
        """Settings of the stage. Raises Refused if there is none, or if the file cannot be read."""
        try:
            stages = {stage.name: stage for stage in read_stages(read_document(self.settings_file))}
        except ZappaSettingsError as error:
            raise Refused(str(error)) from error
        if self.stage_name not in stages:
            raise Refused(f"zappa_settings.json has no stage {self.stage_name}; it has {', '.join(stages)}")
        return stages[self.stage_name]

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.stage.lambda_name

    @property
    def project(self) -> str:
        """Prefix of all names."""
        project: str = self.stage.settings["project_name"]
        return project

    @property
    def region(self) -> str:
        """Region of the function."""
        region: str = self.stage.settings["aws_region"]
        return region

    @property
    def from_address(self) -> str:
        """Bare address of the sender. Raises UndeliverableAddress; a system check refuses it earlier."""
        return read_sender(self.stage.settings["aws_environment_variables"]["SES_FROM_ADDRESS"]).address

    def sender_identity(self, named: Mapping[str, str]) -> SenderIdentity:
        """Return the sender identity in the messaging stack's parameters or outputs; older stacks name none."""
        identity = named.get("SenderIdentity") or domain_of(self.from_address)
        return SenderIdentity(boto3.client("sesv2", region_name=self.region), self.from_address, identity)

    @property
    def messaging(self) -> CloudStack:
        """Stack with topics, queues, role, secret and alarms."""
        return self._stack("messaging")

    @property
    def data(self) -> CloudStack:
        """Stack with the database, if it is on AWS."""
        return self._stack("data")

    @property
    def domain(self) -> CustomDomain:
        """Domain of the API, if there is one."""
        return CustomDomain(
            self._stack("domain"),
            boto3.client("apigateway", region_name=self.region),
            boto3.client("acm", region_name=self.region),
            boto3.client("route53", region_name=self.region),
            site_host(self.stage.settings["aws_environment_variables"]["SITE_URL"]),
        )

    @property
    def api(self) -> CloudStack:
        """Stack with Zappa's API."""
        return CloudStack(boto3.client("cloudformation", region_name=self.region), self.name)

    @property
    def function(self) -> DeployedFunction:
        """Function on Lambda."""
        return DeployedFunction(boto3.client("lambda", region_name=self.region), self.name)

    @property
    def releases(self) -> Releases:
        """Releases to roll back to."""
        return Releases(boto3.client("lambda", region_name=self.region), self.name)

    @property
    def concurrency(self) -> ReservedConcurrency:
        """Reserved concurrency of the function."""
        return ReservedConcurrency(boto3.client("lambda", region_name=self.region), self.name)

    @property
    def bucket(self) -> PackageBucket:
        """Bucket in the settings."""
        return PackageBucket(boto3.client("s3", region_name=self.region), self.stage.settings["s3_bucket"], self.region)

    def lock(self, command: str) -> DeploymentLock:
        """Return the lock that gives a command exclusive access to the stage, in the caller's name."""
        client = boto3.client("s3", region_name=self.region, config=IMPATIENT)
        caller = boto3.client("sts", region_name=self.region).get_caller_identity()["Arn"]
        return DeploymentLock(client, self.bucket.name, caller, command, self.lease)

    @property
    def target(self) -> LambdaTarget:
        """Target machine of the stage's package. Raises UnsupportedPython."""
        return LambdaTarget.of_stage(self.stage.settings)

    def check_here(self) -> None:
        """Check everything that needs no AWS. Raises Refused, with all problems, and UnsupportedPython."""
        LambdaTarget.of_stage(self.stage.settings)
        problems = preconditions.settings_problems(self.settings_file)
        aws_account.refuse(problems + preconditions.directory_problems(self.directory))

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stacks. Raises Refused if the messaging stack is missing."""
        try:
            outputs = self.messaging.outputs()
        except NoStack as error:
            raise Refused(f"{error}: run `make stack STAGE={self.stage_name}` first") from error
        return outputs | (self.data.outputs() if self.data.exists else {})

    def check_there(self) -> None:
        """Check the preconditions on AWS. Raises Refused, with all problems."""
        outputs = self.outputs()
        aws_account.refuse(
            [
                *preconditions.output_problems(self.stage, outputs),
                *preconditions.secret_problems(outputs["SecretArn"], self.region),
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

    @property
    def secret(self) -> DeploymentSecret:
        """Secret that the function reads at its start. Raises Refused if there is no stack."""
        client = boto3.client("secretsmanager", region_name=self.region)
        return DeploymentSecret(client, self.outputs()["SecretArn"])

    def zappa(self) -> ZappaCommand:
        """Return Zappa's command with the stacks' outputs in its settings."""
        return self._zappa_with(deployment_settings(self.stage, self.outputs(), datetime.now(UTC)))

    def run_first(self, package: Path) -> None:
        """Run a package that cannot run here in a function of its own. Raises SmokeTestFailed."""
        settings = deployment_settings(self.stage, self.outputs(), datetime.now(UTC))
        FirstRun(boto3.client("lambda", region_name=self.region), self.name, settings, self.target).of(package)

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
        said = [command, "the API was gone and is made anew" if made else ""]
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

    def smoke_test(self) -> str:
        """Run the smoke test. Return what could not be tested. Raises SmokeTestFailed."""
        untested = SmokeTest(load_stage(self.stage_name, self.settings_file), self.function, self.url()).run()
        return self.domain.leads_elsewhere(self.api.resource("Api"), self.stage_name) or untested

    def url(self) -> str:
        """Return the stage's URL. Raises Refused if there is no API."""
        if not (api_id := self.api.resource("Api")):
            raise Refused(f"{self.name} has no API: run `make deploy STAGE={self.stage_name}`")
        return self.address(api_id, self.region, self.stage_name)

    def go_back_to(self, version: str) -> "Deployment":
        """Restore code, configuration and schedule of this version. Return the restored deployment.

        Raises Refused, before any change, if the version's schedule or variables are unknown; ZappaFailed, NotSettled,
        and NotAsPackaged if other code runs afterwards.
        """
        code = ReleasedCode(self.function.client, self.name, version)
        then = replace(self, settings_file=code.write_settings(self.directory))
        configuration = self.function.configuration_in(version)
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

    def _stack(self, part: str) -> CloudStack:
        return CloudStack(boto3.client("cloudformation", region_name=self.region), f"{self.name}-{part}")
