"""Configuration restored with a version: each member is restored, kept on purpose, or read-only."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from infra.deployment.deployed_function import RETRIES
from infra.deployment.deployment import Deployment
from infra.deployment.function_configuration import ADDRESSING, KEPT, READ_ONLY, configuration_of
from infra.errors import Refused
from tests.support.injected_answers import InjectedAnswers, service_model
from tests.support.release_zip import code_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

UPDATE = service_model("lambda").operation_model("UpdateFunctionConfiguration")


def members(shape: StructureShape | None) -> dict[str, Shape]:
    return dict(shape.members) if shape else {}


TAKEN = members(UPDATE.input_shape)
SHOWN = members(UPDATE.output_shape)


def full(shape: Shape) -> Any:
    """Return a value with every member in AWS's model."""
    if isinstance(shape, StructureShape):
        return {name: full(member) for name, member in shape.members.items()}
    if isinstance(shape, MapShape):
        return {"KEY": full(shape.value)}
    if isinstance(shape, ListShape):
        return [full(shape.member)]
    return {"boolean": True, "string": shape.name}.get(shape.type_name, 7)


def shown() -> Any:
    """Return the response for a version with all members."""
    version = {name: full(shape) for name, shape in SHOWN.items()}
    del version["Environment"]["Error"]
    return version


def test_every_member_that_aws_knows_is_accounted_for() -> None:
    restored = set(configuration_of(shown())) - ADDRESSING
    groups = [restored, set(KEPT), READ_ONLY, ADDRESSING]
    assert sum(map(len, groups)) == len(set().union(*groups)), "a member is in two groups"
    assert set().union(*groups) == set(TAKEN) | set(SHOWN)
    assert restored | set(KEPT) <= set(TAKEN)
    assert not READ_ONLY & set(TAKEN)


@pytest.mark.parametrize("member", ["VpcConfig", "LoggingConfig", "SnapStart", "TracingConfig", "EphemeralStorage"])
def test_members_are_restored_with_all_that_is_in_them(member: str) -> None:
    sent: Any = configuration_of(shown())
    assert sent[member] == full(TAKEN[member])


def layer(name: str) -> str:
    published = boto3.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": code_of(name)})
    return published["LayerVersionArn"]


def configuration(of: str, role: str, number: int) -> Any:
    """Return all settable members, with values that depend on name and number."""
    access_point = f"arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/{of}"
    return {
        "Description": of,
        "Environment": {"Variables": {"SHARED": of, f"ONLY_{of}": of}},
        "EphemeralStorage": {"Size": 512 + number},
        "FileSystemConfigs": [{"Arn": access_point, "LocalMountPath": f"/mnt/{of}"}],
        "Handler": f"{of}.handler",
        "KMSKeyArn": f"arn:aws:kms:us-east-1:123456789012:key/{of}",
        "Layers": [layer(of)],
        "LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "LogGroup": f"/{of}"},
        "MemorySize": 512 + number,
        "Role": role,
        "Runtime": f"python3.1{number}",
        "SnapStart": {"ApplyOn": "None" if number % 2 else "PublishedVersions"},
        "Timeout": 60 + number,
        "TracingConfig": {"Mode": "PassThrough" if number % 2 else "Active"},
        "VpcConfig": {
            "SubnetIds": [f"subnet-{of}"],
            "SecurityGroupIds": [f"sg-{of}"],
            "Ipv6AllowedForDualStack": bool(number % 2),
        },
    }


def configure(deployment: Deployment, changes: Any) -> None:
    named: Any = {"FunctionName": "subs-dev"} | changes
    deployment.function.configure(named)


def configured() -> Any:
    """Return AWS's response converted to settable members."""
    shown: Any = configuration_of(boto3.client("lambda").get_function_configuration(FunctionName="subs-dev"))
    del shown["FunctionName"]
    return shown


def test_everything_goes_back_with_a_version(released: Deployment, prove_usable: Callable[[Deployment], None]) -> None:
    role = released.outputs()["RoleArn"]
    good, bad = configuration("good", role, 1), configuration("bad", role, 2)
    configure(released, good)
    version = released.releases.keep(released.releases.code_sha256("$LATEST"))
    configure(released, bad)
    assert configured() == bad

    released.go_back_to(version)

    assert configured() == good
    assert set(good) == set(configuration_of(shown())) - ADDRESSING
    prove_usable(released)


def test_members_missing_in_a_version_are_reset(released: Deployment) -> None:
    version = released.releases.kept()[-1]
    before = configuration_of(boto3.client("lambda").get_function_configuration(FunctionName="subs-dev"))
    dead_letters = released.outputs()["DeadLetterQueueArn"]
    configure(released, configuration("bad", released.outputs()["RoleArn"], 1))
    configure(released, {"DeadLetterConfig": {"TargetArn": f"{dead_letters}-bad"}})
    functions = boto3.client("lambda")
    functions.put_function_event_invoke_config(FunctionName="subs-dev", MaximumRetryAttempts=0)

    released.go_back_to(version)

    found = functions.get_function_configuration(FunctionName="subs-dev")
    assert found["DeadLetterConfig"] == {"TargetArn": dead_letters}
    policy = functions.get_function_event_invoke_config(FunctionName="subs-dev")
    assert policy["MaximumRetryAttempts"] == RETRIES
    assert configured() | {"FunctionName": "subs-dev"} == before | {"Timeout": 101, "Description": "commit 1"}


def test_version_whose_variables_aws_does_not_show_is_not_gone_back_to(
    released: Deployment, answers: InjectedAnswers
) -> None:
    kept = released.releases.kept()[-1]
    hidden = {"Environment": {"Error": {"ErrorCode": "AccessDenied", "Message": "no access to the key."}}}
    answers.forget()
    answers.alter(
        "lambda.GetFunctionConfiguration", lambda body: json.dumps(json.loads(body) | hidden).encode(), times=99
    )
    with pytest.raises(Refused, match=r"no access to the key\. Allow"):
        released.go_back_to(kept)
    assert not [call for call in answers.calls if call.startswith("lambda.Update")]
