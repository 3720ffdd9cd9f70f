"""AWS resources of a stage, found by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import boto3

from config.zappa.site_checks import site_host
from config.zappa.stages import Stage, ZappaSettingsError, read_document, read_stages
from foundation.email_addresses import read_sender
from infra.deployment.cloud_stack import CloudStack
from infra.deployment.custom_domain import CustomDomain
from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.deployment_lock import IMPATIENT, LEASE, DeploymentLock
from infra.deployment.deployment_secret import DeploymentSecret
from infra.deployment.package_bucket import PackageBucket
from infra.deployment.releases import Releases
from infra.deployment.reserved_concurrency import ReservedConcurrency
from infra.deployment.sender_identity import SenderIdentity, domain_of
from infra.errors import NoStack, Refused
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.packaging_environment import BUILD
from infra.packaging.zappa_stage import SETTINGS_FILE

TEMPLATES = Path(__file__).resolve().parent.parent / "cloudformation"

Address = Callable[[str, str, str], str]
"""Return a stage's URL for the API's id, the region and the stage."""


def address_on_aws(api_id: str, region: str, stage: str) -> str:
    """Return the URL on AWS.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
    """
    return f"https://{api_id}.execute-api.{region}.amazonaws.com/{stage}"


@dataclass(frozen=True)
class StageResources:
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

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stacks. Raises Refused if the messaging stack is missing."""
        try:
            outputs = self.messaging.outputs()
        except NoStack as error:
            raise Refused(f"{error}: run `make stack STAGE={self.stage_name}` first") from error
        return outputs | (self.data.outputs() if self.data.exists else {})

    @property
    def secret(self) -> DeploymentSecret:
        """Secret that the function reads at its start. Raises Refused if there is no stack."""
        client = boto3.client("secretsmanager", region_name=self.region)
        return DeploymentSecret(client, self.outputs()["SecretArn"])

    def url(self) -> str:
        """Return the stage's URL. Raises Refused if there is no API."""
        if not (api_id := self.api.resource("Api")):
            raise Refused(f"{self.name} has no API: run `make deploy STAGE={self.stage_name}`")
        return self.address(api_id, self.region, self.stage_name)

    def _stack(self, part: str) -> CloudStack:
        return CloudStack(boto3.client("cloudformation", region_name=self.region), f"{self.name}-{part}")
