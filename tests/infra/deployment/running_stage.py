"""A stage on the local AWS, to which releases are brought by the real commands."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from moto.awslambda.models import lambda_backends
from zappa.core import Zappa

from infra.deployment import rollout
from infra.deployment.deployment import Deployment
from infra.deployment.smoke_test import get
from infra.deployment.steps import Steps
from infra.local.moto_server import ACCOUNT
from tests.infra.deployment.answering_functions import AnsweringFunctions, code_in
from tests.infra.deployment.release_zip import release_of


@dataclass
class RunningStage:
    """A release is known by its text."""

    deployment: Deployment
    functions: AnsweringFunctions
    settings: dict[str, Any]
    directory: Path

    def package(self, text: str) -> Path:
        """Return the zip of a release."""
        path = self.directory / f"{text}.zip"
        path.write_bytes(release_of(text, self.settings))
        return path

    def provide(self, text: str) -> None:
        """Be at once where a first deployment of a release leads to, without its schedule."""
        deployment = self.deployment
        deployment.bucket.provide()
        functions, stacks = boto3.client("lambda"), boto3.client("cloudformation")
        made = functions.create_function(
            FunctionName=deployment.name,
            Runtime="python3.11",
            Role=deployment.outputs()["RoleArn"],
            Handler="handler.handler",
            Code={"ZipFile": self.package(text).read_bytes()},
        )
        zappa = Zappa(load_credentials=False)  # or it makes a client for each of a dozen services
        zappa.boto_session, zappa.credentials_arn = boto3.session.Session(), made["Role"]
        template = zappa.create_stack_template(
            lambda_arn=made["FunctionArn"],
            lambda_name=deployment.name,
            api_key_required=False,
            iam_authorization=False,
            authorizer=None,
            stage_name=deployment.stage_name,
        )
        stacks.create_stack(StackName=deployment.name, TemplateBody=template.to_json())
        deployment.keep(self.package(text))

    def deploy(self, text: str) -> None:
        """Run `make deploy` on a release. Raises as rollout.deploy."""
        rollout.deploy(self.deployment, Steps(), self.package(text))

    def rollback(self) -> None:
        """Run `make rollback`. Raises as rollout.rollback."""
        rollout.rollback(self.deployment, Steps())

    def served(self) -> str:
        """Return the release that answers."""
        return get(f"{self.deployment.url()}/")[1]

    def kept(self) -> list[str]:
        """Return the releases that can be gone back to, the newest last."""
        backend = lambda_backends[ACCOUNT][self.deployment.region]
        versions = self.deployment.releases.kept()
        return [code_in(backend.get_function(self.deployment.name, version)) for version in versions]

    def edit_in_the_console(self, text: str) -> None:
        """Be somebody who uploads other code by hand."""
        boto3.client("lambda").update_function_code(
            FunctionName=self.deployment.name, ZipFile=release_of(text, self.settings)
        )

    def of_somebody_else(self) -> "RunningStage":
        """Return the stage in the hands of another person, with a directory of their own."""
        directory = self.directory / "else"
        directory.mkdir()
        return replace(self, deployment=replace(self.deployment, directory=directory), directory=directory)
