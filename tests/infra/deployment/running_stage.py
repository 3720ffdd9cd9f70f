"""Stage on the local AWS, to which the real commands deploy releases."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from moto.awslambda.models import lambda_backends
from zappa.core import Zappa

from infra.deployment import rollout, smoke_test, teardown
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.gateway.api_gateway import ApiGateway
from infra.lambda_local.gateway.rest_api import RestAPI
from infra.lambda_local.moto_gaps.functions import Request
from tests.end_to_end.deployed_state import DeployedState, expect
from tests.infra.deployment.answering_functions import AnsweringFunctions, code_in
from tests.support.release_zip import release_of


@contextmanager
def running(deployment: Deployment, settings: dict[str, Any]) -> "Iterator[RunningStage]":
    """Route the stage's API to the function's current code."""
    functions = AnsweringFunctions()
    backend = lambda_backends[ACCOUNT][deployment.region]
    api = RestAPI("abcdef.execute-api.us-east-1.amazonaws.com", deployment.stage_name)
    with (
        ApiGateway(api, lambda event: functions.invoke(backend.get_function(deployment.name), event)) as gateway,
        mock.patch.object(Deployment, "check_package"),  # there is nothing in the packages
        mock.patch.object(smoke_test, "PAUSE_SECONDS", 0.1),
        mock.patch.object(Request, "runner", functions),
    ):
        here = replace(deployment, address=lambda *_: gateway.url, lease=timedelta(seconds=3))
        yield RunningStage(here, functions, settings, deployment.settings_file.parent)


@dataclass
class RunningStage:
    """Stage whose releases are identified by their text."""

    deployment: Deployment
    functions: AnsweringFunctions
    settings: dict[str, Any]
    directory: Path

    def package(self, text: str) -> Path:
        """Return the zip of a release."""
        path = self.directory / f"{text}.zip"
        path.write_bytes(release_of(text, self.settings))
        return path

    def write_settings(self) -> None:
        """Write the current settings for the commands."""
        self.deployment.settings_file.write_text(json.dumps({"dev": self.settings}), encoding="utf-8")
        self.deployment = replace(self.deployment)  # which has read them already

    def provide(self, text: str) -> None:
        """Set up the state after a first deployment of a release, without its schedule."""
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
        """Run `make deploy` on a release. Raises the errors of rollout.deploy."""
        rollout.deploy(self.deployment, Steps(), self.package(text))

    def rollback(self) -> None:
        """Run `make rollback`. Raises the errors of rollout.rollback."""
        rollout.rollback(self.deployment, Steps())

    def undeploy(self) -> None:
        """Run `make undeploy`, confirmed. Raises the errors of teardown.undeploy."""
        with mock.patch.object(sys, "stdin", io.StringIO(f"{self.deployment.stage_name}\n")):
            teardown.undeploy(self.deployment, Steps())

    def prove_usable(self) -> None:
        """Deploy, roll back and undeploy from the current state, and check that nothing is left."""
        self.prove_deployable()
        self.undeploy()
        DeployedState(self.deployment).check_nothing_left()

    def prove_deployable(self) -> None:
        """Deploy and roll back from the current state, and check the responding release."""
        earlier = (self.kept() if self.deployment.function.exists else [])[-1:]
        for text in ("afterwards", "at last")[len(earlier) :]:
            self.deploy(text)
            expect("after deploying", (self.served(), self.kept()[-1]), (text, text))
            earlier.append(text)
        self.rollback()
        expect("after going back", (self.served(), self.kept()[-1]), (earlier[-2], earlier[-2]))

    def served(self) -> str:
        """Return the release that responds."""
        return smoke_test.get(f"{self.deployment.url()}/")[1]

    def kept(self) -> list[str]:
        """Return the rollback targets, the newest last."""
        backend = lambda_backends[ACCOUNT][self.deployment.region]
        versions = self.deployment.releases.kept()
        return [code_in(backend.get_function(self.deployment.name, version)) for version in versions]

    def edit_in_the_console(self, text: str) -> None:
        """Upload other code manually, as in the console."""
        boto3.client("lambda").update_function_code(
            FunctionName=self.deployment.name, ZipFile=release_of(text, self.settings)
        )

    def of_somebody_else(self) -> "RunningStage":
        """Return the stage as another person's, with its own directory."""
        directory = self.directory / "else"
        directory.mkdir()
        return replace(self, deployment=replace(self.deployment, directory=directory), directory=directory)
