"""An account, and a function in it of which there are releases."""

from pathlib import Path

import boto3
import pytest

from infra.deployment.deployment import Deployment
from infra.local.local_aws import LocalAWS
from tests.infra.deployment.account import Account
from tests.infra.deployment.release_zip import code_of, release_of


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
