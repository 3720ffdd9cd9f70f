"""An account, and a function in it of which there are releases."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest import mock

import boto3
import pytest
from moto.awslambda.models import lambda_backends

from infra.deployment import deploy, smoke_test
from infra.deployment.deployment import Deployment
from infra.deployment.moto_gaps import Request
from infra.gateway.api_gateway import ApiGateway
from infra.gateway.rest_api import RestAPI
from infra.local.local_aws import LocalAWS
from infra.local.moto_server import ACCOUNT
from tests.infra.deployment.account import Account
from tests.infra.deployment.answering_functions import AnsweringFunctions
from tests.infra.deployment.release_zip import code_of, release_of
from tests.infra.deployment.running_stage import RunningStage


@pytest.fixture
def account(aws: LocalAWS, tmp_path: Path) -> Account:
    return Account(tmp_path)


@pytest.fixture
def released(account: Account) -> Deployment:
    """Three versions of code on Lambda, each with a configuration of its own, of which the first two were kept."""
    deployment = account.deployment()
    functions = boto3.client("lambda")
    role = deployment.outputs()["RoleArn"]
    functions.create_function(
        FunctionName="subs-dev", Runtime="python3.11", Role=role, Handler="a.a", Code={"ZipFile": code_of("0")}
    )
    for number in range(3):
        code = release_of(str(number), account.stage)
        functions.update_function_code(FunctionName="subs-dev", ZipFile=code, Publish=True)
        functions.update_function_configuration(FunctionName="subs-dev", Timeout=100 + number)
        if number < 2:
            deployment.releases.keep(deployment.releases.code_sha256("$LATEST"), f"commit {number}")
    return deployment


@pytest.fixture
def stage_on_aws(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningStage]:
    """A stage to which nothing has been deployed yet, whose API leads to whatever code the function has then."""
    monkeypatch.setattr(Deployment, "check_package", lambda *_: None)  # these have nothing in them
    monkeypatch.setattr(smoke_test, "PAUSE_SECONDS", 0.1)
    functions = AnsweringFunctions()
    backend = lambda_backends[ACCOUNT]["us-east-1"]
    api = RestAPI("abcdef.execute-api.us-east-1.amazonaws.com", "dev")
    with ApiGateway(api, lambda event: functions.invoke(backend.get_function("subs-dev"), event)) as gateway:
        Request.runner = functions
        deployment = replace(account.deployment(), address=lambda *_: gateway.url, lease=timedelta(seconds=3))
        yield RunningStage(deployment, functions, account.stage, account.directory)
        Request.runner = None


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """The command line in this process, whose environment is afterwards as it was; Django is set up here already."""
    monkeypatch.setattr("django.setup", lambda: None)
    with mock.patch.dict(os.environ):
        yield deploy.main
