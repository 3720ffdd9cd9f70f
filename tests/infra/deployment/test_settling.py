"""Running operations of AWS: awaited with a limit and progress output; failures are reported."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.awslambda.models import LambdaFunction

from infra.deployment import polling
from infra.deployment.deployment import Deployment
from infra.deployment.event_source_mappings import EventSourceMappings
from infra.errors import NotSettled
from infra.lambda_local.moto_gaps.functions import Request
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from tests.infra.deployment.running_stage import RunningStage
from tests.infra.lambda_local.moto_gaps.recorder import Recorder
from tests.support.injected_answers import Alter, InjectedAnswers
from tests.support.patience import wait_until

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

UPDATING = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReasonCode": "Creating",
    "LastUpdateStatusReason": "The function is being attached to the VPC.",
}
PENDING = {"State": "Pending", "StateReasonCode": "Creating", "StateReason": "The function is being created."}
FAILED = {"LastUpdateStatus": "Failed", "LastUpdateStatusReasonCode": "SubnetOutOfIPAddresses"}


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", timedelta(0))


def shown(**changes: str) -> Alter:
    """Return a change of GetFunction to another state."""

    def alter(body: bytes) -> bytes:
        answer = json.loads(body)
        answer["Configuration"].update(changes)
        return json.dumps(answer).encode()

    return alter


@pytest.mark.parametrize("state", [UPDATING, PENDING])
def test_nothing_is_changed_while_aws_is_at_work(
    released: Deployment, answers: InjectedAnswers, state: dict[str, str]
) -> None:
    answers.alter("lambda.GetFunction", shown(**state), times=3)

    released.function.configure({"FunctionName": "subs-dev", "Timeout": 77})

    changed = answers.calls.index("lambda.UpdateFunctionConfiguration")
    assert answers.calls[:changed].count("lambda.GetFunction") == 4
    assert boto3.client("lambda").get_function_configuration(FunctionName="subs-dev")["Timeout"] == 77


def test_change_is_waited_for(released: Deployment, answers: InjectedAnswers) -> None:
    answers.alter("lambda.GetFunction", shown(**UPDATING), skip=1, times=3)

    released.function.configure({"FunctionName": "subs-dev", "Timeout": 77})

    changed = answers.calls.index("lambda.UpdateFunctionConfiguration")
    assert answers.calls[changed:].count("lambda.GetFunction") >= 4


def test_change_that_comes_between_question_and_update_is_waited_for(
    released: Deployment, answers: InjectedAnswers
) -> None:
    answers.refuse("lambda.UpdateFunctionConfiguration", "ResourceConflictException", status=409, times=2)

    released.function.configure({"FunctionName": "subs-dev", "Timeout": 77})

    assert boto3.client("lambda").get_function_configuration(FunctionName="subs-dev")["Timeout"] == 77


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (PENDING, r"after 0:00:00: state Pending \(Creating: The function is being created\.\)"),
        (UPDATING, r"last update InProgress \(Creating: The function is being attached to the VPC\.\)"),
    ],
)
def test_wait_ends_at_its_limit_with_state_and_reason(
    released: Deployment, answers: InjectedAnswers, state: dict[str, str], says: str
) -> None:
    answers.alter("lambda.GetFunction", shown(**state), times=2)
    with pytest.raises(NotSettled, match=says):
        released.function.wait_until_settled(timedelta(0))


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (FAILED, r"last update Failed \(SubnetOutOfIPAddresses\)"),
        ({"State": "Failed", "StateReason": "no network"}, r"state Failed \(no network\)"),
    ],
)
def test_failure_of_aws_is_told(
    released: Deployment, answers: InjectedAnswers, state: dict[str, str], says: str
) -> None:
    answers.alter("lambda.GetFunction", shown(**state), times=2)
    with pytest.raises(NotSettled, match=says):
        released.function.wait_until_settled()


def test_failed_update_is_no_obstacle_to_the_next_one(released: Deployment, answers: InjectedAnswers) -> None:
    answers.alter("lambda.GetFunction", shown(**FAILED))

    released.function.configure({"FunctionName": "subs-dev", "Timeout": 77})

    assert boto3.client("lambda").get_function_configuration(FunctionName="subs-dev")["Timeout"] == 77


def test_failed_update_is_gone_back_from(
    released: Deployment, answers: InjectedAnswers, prove_usable: Callable[[Deployment], None]
) -> None:
    kept = released.releases.kept()[-1]
    failed = [False]

    def fail_until_changed(body: bytes) -> bytes:
        changed = {"lambda.UpdateFunctionCode", "lambda.UpdateFunctionConfiguration"} & set(answers.calls)
        failed[0] = failed[0] or not changed
        return body if changed else shown(**FAILED)(body)

    answers.calls.clear()
    answers.alter("lambda.GetFunction", fail_until_changed, times=99)

    released.go_back_to(kept)

    assert failed == [True]
    assert released.releases.live() == kept
    prove_usable(released)


def test_release_is_deployed_while_aws_is_at_work(stage_on_aws: RunningStage, answers: InjectedAnswers) -> None:
    stage_on_aws.provide("good")
    answers.alter("lambda.GetFunction", shown(**UPDATING), times=30)
    answers.refuse("lambda.PublishVersion", "ResourceConflictException", "an update is in progress", status=409, skip=1)
    stage_on_aws.prove_usable()


def test_idle_function_is_settled(released: Deployment, answers: InjectedAnswers) -> None:
    answers.alter("lambda.GetFunction", shown(State="Inactive", StateReasonCode="Idle"), times=2)
    released.function.wait_until_settled(timedelta(0))


def test_waiting_shows_progress(
    released: Deployment,
    answers: InjectedAnswers,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(polling, "LONGEST_SILENCE", timedelta(0))
    answers.alter("lambda.GetFunction", shown(**UPDATING), times=2)
    released.function.wait_until_settled()
    assert len(re.findall(r"after \d+ s: .*attached to the VPC", capsys.readouterr().out)) == 2


def mapped(deployment: Deployment) -> str:
    """Create a mapped queue without partial batch failures, which Zappa cannot set."""
    queue = deployment.outputs()["FeedbackQueueArn"]
    boto3.client("lambda").create_event_source_mapping(FunctionName="subs-dev", EventSourceArn=queue)
    return queue


def shown_mapping(state: str) -> Alter:
    return lambda body: json.dumps(json.loads(body) | {"State": state, "StateTransitionReason": "because"}).encode()


def response_types() -> list[str]:
    (mapping,) = boto3.client("lambda").list_event_source_mappings(FunctionName="subs-dev")["EventSourceMappings"]
    return list(mapping.get("FunctionResponseTypes", []))


def test_event_source_mapping_is_changed_once_it_is_settled(released: Deployment, answers: InjectedAnswers) -> None:
    queue = mapped(released)
    answers.alter("lambda.GetEventSourceMapping", shown_mapping("Creating"), times=2)
    answers.refuse("lambda.UpdateEventSourceMapping", "ResourceInUseException")

    EventSourceMappings(released.function.client, "subs-dev").complete([queue])

    assert response_types() == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("wanted", [True, False])
def test_event_source_mapping_that_stays_at_work_ends_the_deployment(
    released: Deployment, answers: InjectedAnswers, wanted: bool
) -> None:
    queue = mapped(released)
    answers.alter("lambda.GetEventSourceMapping", shown_mapping("Updating"), times=9)
    with pytest.raises(NotSettled, match=rf"{queue} is still Updating \(because\) after 0:00:00"):
        EventSourceMappings(released.function.client, "subs-dev", timedelta(0)).complete([queue] if wanted else [])
    assert response_types() == []


@dataclass
class SlowRunner(Recorder):
    """Function runner that responds only after progress was printed."""

    capsys: pytest.CaptureFixture[str] | None = None
    told: str = ""

    def invoke(self, function: LambdaFunction, event: Any) -> InvocationResult:
        def is_told() -> bool:
            assert self.capsys is not None
            self.told += self.capsys.readouterr().out
            return "has not answered yet" in self.told

        wait_until(is_told)
        return super().invoke(function, event)


def test_invocation_that_takes_long_is_no_silence(
    released: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(polling, "LONGEST_SILENCE", timedelta(0))
    monkeypatch.setattr(Request, "runner", SlowRunner(capsys=capsys))
    assert released.function.run({"manage": "check"}) == {"manage": "check"}
