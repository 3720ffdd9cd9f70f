"""Taking a stage down from any state, in the order of what depends on what, and with a look at what is left."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.deployment import cloud_stack, polling, provisioning, teardown
from infra.deployment.data_deletion import DataDeletion
from infra.deployment.deployment import Deployment
from infra.deployment.remains import Remains
from infra.deployment.steps import Steps
from infra.errors import NotConfirmed, NotSettled, SomethingLeft, StackFailed, StillInUse
from tests.infra.deployment.account import Account
from tests.infra.deployment.broken_stack import break_stack, failing_deletion
from tests.infra.deployment.release_zip import code_of
from tests.support.injected_answers import InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

NAME = "subs-dev"
BUCKET = "subs-dev-packages-123456789012"
OTHER = "arn:aws:lambda:us-east-1:123456789012:function:subs-dev-two"
API = {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": NAME}}}}


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", timedelta(0))
    monkeypatch.setattr(cloud_stack, "INTERVAL", timedelta(0))


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What a person types."""
    return lambda words: monkeypatch.setattr(sys, "stdin", io.StringIO(f"{words}\n"))


@pytest.fixture
def undeploy(typed: Callable[[str], None]) -> Callable[[Deployment], None]:
    """`make undeploy STAGE=dev`, confirmed."""

    def run(deployment: Deployment) -> None:
        typed("dev")
        teardown.undeploy(deployment, Steps())

    return run


@pytest.fixture
def deployed(account: Account) -> Deployment:
    """A whole stage, as Zappa leaves it, beside another function whose name begins alike."""
    deployment = account.deployment()
    functions, events = boto3.client("lambda"), boto3.client("events")
    arn = create_function(deployment, NAME)
    create_function(deployment, "subs-dev-two")
    for name in rule_names(deployment):
        events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
        events.put_targets(Rule=name, Targets=[{"Id": "Id1", "Arn": arn}])
    functions.create_event_source_mapping(FunctionName=arn, EventSourceArn=deployment.outputs()["FeedbackQueueArn"])
    boto3.client("cloudformation").create_stack(StackName=NAME, TemplateBody=json.dumps(API))
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{NAME}-template-1700000000.json", Body=b"{}")
    events.put_rule(Name="subs-dev-two-job", ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule="subs-dev-two-job", Targets=[{"Id": "Id1", "Arn": OTHER}])
    return deployment


def create_function(deployment: Deployment, name: str) -> str:
    role = deployment.outputs()["RoleArn"]
    made = deployment.function.client.create_function(
        FunctionName=name, Runtime="python3.11", Role=role, Handler="a.a", Code={"ZipFile": code_of(name)}
    )
    return made["FunctionArn"]


def rule_names(deployment: Deployment) -> list[str]:
    return [name for event in deployment.stage.events for name in event.rule_names(NAME)]


def everything() -> dict[str, Any]:
    """What every service shows, apart from the stacks below the function."""
    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    return {
        "functions": [found["FunctionName"] for found in boto3.client("lambda").list_functions()["Functions"]],
        "mappings": boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "rules": [rule["Name"] for rule in boto3.client("events").list_rules()["Rules"]],
        "stacks": [stack["StackName"] for stack in stacks],
        "APIs": boto3.client("apigateway").get_rest_apis()["items"],
        "objects": boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", []),
    }


def domain_mappings() -> list[Any]:
    gateway = boto3.client("apigateway")
    domains = [domain["domainName"] for domain in gateway.get_domain_names()["items"]]
    return [mapping for name in domains for mapping in gateway.get_base_path_mappings(domainName=name)["items"]]


NOTHING = {
    "functions": ["subs-dev-two"],
    "mappings": [],
    "rules": ["subs-dev-two-job"],
    "stacks": ["subs-dev-messaging"],
    "APIs": [],
    "objects": [],
}


def delete_function(deployment: Deployment) -> None:
    deployment.function.client.delete_function(FunctionName=NAME)


def delete_api(deployment: Deployment) -> None:
    deployment.api.client.delete_stack(StackName=NAME)


def delete_both(deployment: Deployment) -> None:
    delete_function(deployment)
    delete_api(deployment)


def leave_rule_without_target(deployment: Deployment) -> None:
    boto3.client("events").remove_targets(Rule=rule_names(deployment)[0], Ids=["Id1"])


def leave_first_run(deployment: Deployment) -> None:
    create_function(deployment, "subs-dev-first-run")


def map_domain(deployment: Deployment) -> None:
    gateway = boto3.client("apigateway")
    gateway.create_domain_name(domainName="subscriptions.example.com")
    gateway.create_base_path_mapping(
        domainName="subscriptions.example.com", restApiId=deployment.api.resource("Api"), stage=""
    )


STATES: dict[str, Callable[[Deployment], object]] = {
    "complete": lambda deployment: None,
    "function deleted by hand": delete_function,
    "API deleted by hand": delete_api,
    "both deleted by hand": delete_both,
    "interrupted schedule": leave_rule_without_target,
    "interrupted first run": leave_first_run,
    "domain": map_domain,
    "API rolled back": lambda deployment: break_stack(NAME, "ROLLBACK_COMPLETE"),
    "API not updated": lambda deployment: break_stack(NAME, "UPDATE_ROLLBACK_FAILED"),
    "API not deleted": lambda deployment: break_stack(NAME, "DELETE_FAILED"),
}


@pytest.mark.parametrize("state", STATES)
def test_nothing_of_the_stage_is_left_in_any_state(
    deployed: Deployment, undeploy: Callable[[Deployment], None], state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    STATES[state](deployed)

    undeploy(deployed)

    assert everything() == NOTHING
    assert domain_mappings() == []
    told = f"Kept: stack subs-dev-messaging (queues, secret and log group /aws/lambda/{NAME}), bucket {BUCKET}.\n"
    assert told in capsys.readouterr().out


CALLS = (
    "events.RemoveTargets", "events.DeleteRule", "lambda.DeleteEventSourceMapping", "cloudformation.DeleteStack",
    "lambda.DeleteFunction", "s3.DeleteObject", "apigateway.GetRestApis",
)  # fmt: skip
"""In the order of an undeploy."""


def test_undeploy_can_be_repeated_wherever_it_was_interrupted(
    deployed: Deployment, undeploy: Callable[[Deployment], None], answers: InjectedAnswers
) -> None:
    for operation in CALLS:
        answers.refuse(operation, "ExpiredTokenException", status=403)
        with pytest.raises(ClientError, match="ExpiredToken"):
            undeploy(deployed)

    for _ in range(2):
        undeploy(deployed)
        assert everything() == NOTHING


def test_rule_that_also_has_another_target_loses_only_ours(
    deployed: Deployment, undeploy: Callable[[Deployment], None]
) -> None:
    shared = rule_names(deployed)[0]
    boto3.client("events").put_targets(Rule=shared, Targets=[{"Id": "Id2", "Arn": OTHER}])

    undeploy(deployed)

    assert everything() == NOTHING | {"rules": [shared, "subs-dev-two-job"]}
    targets = boto3.client("events").list_targets_by_rule(Rule=shared)["Targets"]
    assert [target["Arn"] for target in targets] == [OTHER]


def test_function_that_aws_is_at_work_on_is_waited_for(
    deployed: Deployment, undeploy: Callable[[Deployment], None], answers: InjectedAnswers
) -> None:
    answers.refuse("lambda.DeleteFunction", "ResourceConflictException", status=409, times=2)
    undeploy(deployed)
    assert everything() == NOTHING


def test_what_is_left_is_listed(
    deployed: Deployment, undeploy: Callable[[Deployment], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teardown, "Remains", partial(Remains, limit=timedelta(0)))
    api = boto3.client("apigateway").create_rest_api(name=NAME)["id"]
    with pytest.raises(SomethingLeft, match=rf"left of subs-dev:\n- API Gateway REST API {api}, named subs-dev\n"):
        undeploy(deployed)


def test_api_that_cannot_be_deleted_is_told_with_its_reason(
    deployed: Deployment, undeploy: Callable[[Deployment], None], answers: InjectedAnswers
) -> None:
    answers.alter("cloudformation.DeleteStack", failing_deletion(NAME, Api="a domain leads to it"))
    with pytest.raises(StackFailed, match="Api: a domain leads to it"):
        undeploy(deployed)

    undeploy(deployed)

    assert everything() == NOTHING


@pytest.fixture
def with_data(account: Account, deployed: Deployment) -> Deployment:
    """A network and a protected database, as data.yaml names them."""
    (account.directory / "data.yaml").write_text(json.dumps(NETWORK))
    (account.directory / "messaging.yaml").write_text((deployed.templates / "messaging.yaml").read_text())
    deployment = replace(deployed, templates=account.directory)
    provisioning.data(deployment, {}, Steps())
    create_cluster(deployment, NAME, protected=True)
    return deployment


SUBNET = {"Type": "AWS::EC2::Subnet"}
NETWORK = {
    "Parameters": {"Project": {"Type": "String"}, "Stage": {"Type": "String"}},
    "Resources": {
        "Network": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.20.0.0/22"}},
        "SubnetA": SUBNET
        | {"Properties": {"VpcId": {"Ref": "Network"}, "CidrBlock": "10.20.0.0/23", "AvailabilityZone": "us-east-1a"}},
        "FunctionSecurityGroup": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "The function", "VpcId": {"Ref": "Network"}},
        },
        "DatabaseSubnets": {
            "Type": "AWS::RDS::DBSubnetGroup",
            "Properties": {"DBSubnetGroupDescription": "dev", "SubnetIds": [{"Ref": "SubnetA"}]},
        },
    },
}


def create_cluster(deployment: Deployment, name: str, *, protected: bool = False) -> None:
    boto3.client("rds").create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        MasterUsername="subscriptions",
        MasterUserPassword="for-this-test-only",
        DBSubnetGroupName=deployment.data.resource("DatabaseSubnets"),
        DeletionProtection=protected,
    )


def unprotect() -> None:
    boto3.client("rds").modify_db_cluster(DBClusterIdentifier=NAME, DeletionProtection=False)


def test_order_is_function_then_database_then_secret(
    with_data: Deployment, undeploy: Callable[[Deployment], None], typed: Callable[[str], None]
) -> None:
    for delete in (teardown.delete_stack, teardown.delete_data):
        with pytest.raises(StillInUse, match=r"(?s)Lambda function subs-dev\n.*run `make undeploy STAGE=dev` first"):
            delete(with_data, Steps())
    undeploy(with_data)
    with pytest.raises(
        StillInUse, match=r"subs-dev-data, in CREATE_COMPLETE, .*run `make delete-data STAGE=dev` first"
    ):
        teardown.delete_stack(with_data, Steps())
    with pytest.raises(StillInUse, match='is protected: `make data STAGE=dev PARAMETERS="Protect=false"` first'):
        teardown.delete_data(with_data, Steps())
    unprotect()
    typed("dev")
    teardown.delete_data(with_data, Steps())
    typed("dev")
    teardown.delete_stack(with_data, Steps())

    assert everything() == NOTHING | {"stacks": []}
    teardown.delete_data(with_data, Steps())  # which can be repeated
    teardown.delete_stack(with_data, Steps())


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_secret_stays_with_a_database_in_any_state(
    with_data: Deployment, undeploy: Callable[[Deployment], None], status: str
) -> None:
    undeploy(with_data)
    break_stack("subs-dev-data", status)
    with pytest.raises(StillInUse, match=f"subs-dev-data, in {status}"):
        teardown.delete_stack(with_data, Steps())
    assert with_data.messaging.exists


def test_database_is_not_deleted_before_the_stage_is_typed(
    with_data: Deployment, undeploy: Callable[[Deployment], None], typed: Callable[[str], None]
) -> None:
    undeploy(with_data)
    unprotect()
    for answer in ("", "yes", "production"):
        typed(answer)
        with pytest.raises(NotConfirmed):
            teardown.delete_data(with_data, Steps())
    assert with_data.data.exists


def test_protection_of_a_stack_that_cannot_be_updated_is_taken_off_in_rds(with_data: Deployment) -> None:
    break_stack("subs-dev-data", "DELETE_FAILED")
    (problem,) = DataDeletion(with_data).problems()
    assert "`aws rds modify-db-cluster --db-cluster-identifier subs-dev --no-deletion-protection`" in problem


def test_restored_database_keeps_its_network(with_data: Deployment) -> None:
    unprotect()
    create_cluster(with_data, "subs-dev-restored")
    assert DataDeletion(with_data).problems() == [
        "the database subs-dev-restored lies in the network of this stack: delete it, or move it, first"
    ]


def test_database_is_not_touched_while_the_function_has_network_interfaces(with_data: Deployment) -> None:
    boto3.client("ec2").create_network_interface(
        SubnetId=with_data.data.resource("SubnetA"), Groups=[with_data.data.resource("FunctionSecurityGroup")]
    )
    with pytest.raises(NotSettled, match=r"1 network interfaces .* after 0:00:00\. Nothing was deleted"):
        DataDeletion(with_data, timedelta(0)).delete()
    assert with_data.data.exists


def test_snapshots_of_the_database_are_named(with_data: Deployment) -> None:
    boto3.client("rds").create_db_cluster_snapshot(
        DBClusterIdentifier=NAME, DBClusterSnapshotIdentifier="subs-dev-last"
    )
    assert DataDeletion(with_data).delete() == "kept: the snapshots subs-dev-last"
