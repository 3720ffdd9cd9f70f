"""Removal of a stage from any state, and the remaining resources."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.deployment import cloud_stack, polling, teardown
from infra.deployment.deployment import Deployment
from infra.deployment.remains import Remains
from infra.deployment.steps import Steps
from infra.errors import SomethingLeft, StackFailed
from tests.end_to_end.inventory import Inventory
from tests.infra.deployment.account import Account
from tests.infra.deployment.broken_stack import break_stack, failing_deletion
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import InjectedAnswers
from tests.support.release_zip import code_of

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
def undeploy(typed: Callable[[str], None]) -> Callable[[Deployment], None]:
    """Return `make undeploy STAGE=dev`, confirmed."""

    def run(deployment: Deployment) -> None:
        typed("dev")
        teardown.undeploy(deployment, Steps())

    return run


@pytest.fixture
def deployed(account: Account) -> Deployment:
    """Set up a complete stage beside another function with a similar name."""
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


def everything() -> dict[str, list[str]]:
    """Return all existing resources."""
    return Inventory(Deployment("dev")).found()


OF_OTHERS = {"EventBridge rules": ["subs-dev-two-job"], "Lambda functions": ["subs-dev-two"]}


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

    assert everything() == OF_OTHERS
    told = f"Kept: stack subs-dev-messaging (queues, secret and log group /aws/lambda/{NAME}), bucket {BUCKET}.\n"
    assert told in capsys.readouterr().out


CALLS = (
    "events.RemoveTargets", "events.DeleteRule", "lambda.DeleteEventSourceMapping", "cloudformation.DeleteStack",
    "lambda.DeleteFunction", "s3.DeleteObject", "apigateway.GetRestApis",
)  # fmt: skip
"""Calls in the order of an undeploy."""


def test_undeploy_can_be_repeated_wherever_it_was_interrupted(
    deployed: Deployment, undeploy: Callable[[Deployment], None], answers: InjectedAnswers
) -> None:
    for operation in CALLS:
        answers.refuse(operation, "ExpiredTokenException", status=403)
        with pytest.raises(ClientError, match="ExpiredToken"):
            undeploy(deployed)

    for _ in range(2):
        undeploy(deployed)
        assert everything() == OF_OTHERS


@pytest.mark.parametrize("operation", ["apigateway.GetDomainNames", "lambda.DeleteFunction"])
def test_stage_can_be_deployed_wherever_its_undeploy_was_interrupted(
    stage_on_aws: RunningStage, answers: InjectedAnswers, operation: str
) -> None:
    stage_on_aws.provide("good")
    answers.refuse(operation, "ExpiredTokenException", status=403)
    with pytest.raises(ClientError, match="ExpiredToken"):
        stage_on_aws.undeploy()
    stage_on_aws.prove_usable()


def test_rule_that_also_has_another_target_loses_only_ours(
    deployed: Deployment, undeploy: Callable[[Deployment], None]
) -> None:
    shared = rule_names(deployed)[0]
    boto3.client("events").put_targets(Rule=shared, Targets=[{"Id": "Id2", "Arn": OTHER}])

    undeploy(deployed)

    assert everything() == OF_OTHERS | {"EventBridge rules": [shared, "subs-dev-two-job"]}
    targets = boto3.client("events").list_targets_by_rule(Rule=shared)["Targets"]
    assert [target["Arn"] for target in targets] == [OTHER]


def test_function_that_aws_is_at_work_on_is_waited_for(
    deployed: Deployment, undeploy: Callable[[Deployment], None], answers: InjectedAnswers
) -> None:
    answers.refuse("lambda.DeleteFunction", "ResourceConflictException", status=409, times=2)
    undeploy(deployed)
    assert everything() == OF_OTHERS


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

    assert everything() == OF_OTHERS
