"""Operations on stacks that AWS rolls back, delays, loses responses of, or leaves in any state."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from infra.deployment import cloud_stack, polling, provisioning
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import Refused, StackFailed
from infra.lambda_local.moto_gaps.stacks import StackGaps
from tests.infra.deployment.account import Account
from tests.infra.deployment.broken_stack import break_stack, breaking, failing_deletion, stack_of
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import Alter, InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

MESSAGING = "subs-dev-messaging"
CANCELLED = "Resource update cancelled"


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_stack, "INTERVAL", timedelta(0))


def shown(status: str) -> Alter:
    """Return a change of DescribeStacks to another state."""
    return lambda body: re.sub(rb"<StackStatus>\w+", f"<StackStatus>{status}".encode(), body)


def test_update_that_an_earlier_run_rolled_back_is_no_failure_of_this_one(
    stage_on_aws: RunningStage, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = stage_on_aws.deployment
    stage_on_aws.provide("good")
    break_stack(MESSAGING, "UPDATE_ROLLBACK_COMPLETE", Topic="no such name")

    provisioning.stack(deployment, {}, Steps())

    assert "is up to date" in capsys.readouterr().out
    assert stack_of(MESSAGING).status == "UPDATE_ROLLBACK_COMPLETE"
    stage_on_aws.prove_usable()
    assert deployment.update_stack({"LogRetentionDays": "7"})
    assert stack_of(MESSAGING).status == "UPDATE_COMPLETE"


def test_reasons_of_a_failure_are_those_of_this_operation(
    deployment: Deployment, answers: InjectedAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StackGaps, "events_per_page", 2)
    break_stack(MESSAGING, "UPDATE_ROLLBACK_COMPLETE", Topic="of the first run")
    reasons = {"Secret": CANCELLED, "Topic": "no such name", "Role": CANCELLED, "DeadLetterQueue": "too long"}
    answers.alter("cloudformation.UpdateStack", breaking(MESSAGING, "UPDATE_ROLLBACK_COMPLETE", **reasons))

    with pytest.raises(StackFailed) as raised:
        deployment.update_stack({"LogRetentionDays": "7"})

    told = "stack subs-dev-messaging ended in UPDATE_ROLLBACK_COMPLETE: Topic: no such name; DeadLetterQueue: too long"
    assert str(raised.value) == told
    assert deployment.update_stack({"LogRetentionDays": "14"})


def test_stack_itself_says_why_where_no_resource_does(deployment: Deployment, answers: InjectedAnswers) -> None:
    answers.alter(
        "cloudformation.UpdateStack", breaking(MESSAGING, "UPDATE_ROLLBACK_COMPLETE", Topic=CANCELLED, Role=CANCELLED)
    )
    with pytest.raises(
        StackFailed, match=r": subs-dev-messaging: The following resource\(s\) failed: \[Topic, Role\]\.$"
    ):
        deployment.update_stack({"LogRetentionDays": "7"})


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED"])
def test_every_failed_end_of_an_update_is_a_failure(
    deployment: Deployment, answers: InjectedAnswers, status: str
) -> None:
    answers.alter("cloudformation.UpdateStack", breaking(MESSAGING, status))
    with pytest.raises(StackFailed, match=f"ended in {status}: AWS gives no reason"):
        deployment.update_stack({"LogRetentionDays": "7"})


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"])
def test_stack_that_could_not_be_made_is_made_by_the_next_run(
    account: Account, answers: InjectedAnswers, status: str
) -> None:
    account.with_stack = False
    deployment = account.deployment()
    answers.alter("cloudformation.CreateStack", breaking(MESSAGING, status, Topic="no such name"))
    with pytest.raises(StackFailed, match=f"ended in {status}: Topic: no such name"):
        deployment.update_stack()
    with pytest.raises(Refused, match="make stack"):
        deployment.outputs()

    provisioning.stack(deployment, {}, Steps())

    assert deployment.messaging.status == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("status", "says"),
    [("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name subs-dev"), ("DELETE_FAILED", "Taking it down")],
)
def test_stack_that_a_person_must_repair_is_refused_with_what_to_do(
    deployment: Deployment, status: str, says: str
) -> None:
    break_stack(MESSAGING, status)
    with pytest.raises(StackFailed, match=rf"is in {status}\. .*{says}"):
        deployment.update_stack({"LogRetentionDays": "7"})


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_operation_of_an_interrupted_run_is_waited_for(
    deployment: Deployment, answers: InjectedAnswers, status: str
) -> None:
    answers.alter("cloudformation.DescribeStacks", shown(status), times=3)

    assert deployment.update_stack({"LogRetentionDays": "7"})

    updated = answers.calls.index("cloudformation.UpdateStack")
    assert answers.calls[:updated].count("cloudformation.DescribeStacks") >= 4


def test_waiting_shows_progress(
    deployment: Deployment,
    answers: InjectedAnswers,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(polling, "LONGEST_SILENCE", timedelta(0))
    answers.alter("cloudformation.DescribeStacks", shown("UPDATE_IN_PROGRESS"), times=2)
    deployment.update_stack()
    said = re.findall(r"after \d+ s: stack subs-dev-messaging is in UPDATE_IN_PROGRESS", capsys.readouterr().out)
    assert len(said) == 2


def test_wait_ends_at_its_limit_with_state_and_reason(stage_on_aws: RunningStage, answers: InjectedAnswers) -> None:
    deployment = stage_on_aws.deployment
    stage_on_aws.provide("good")
    stack = replace(deployment.messaging, limit=timedelta(0))
    answers.alter(
        "cloudformation.UpdateStack", breaking(MESSAGING, "UPDATE_ROLLBACK_IN_PROGRESS", Topic="no such name")
    )
    known = {"Project": "subs", "Stage": "dev", "FromAddress": deployment.from_address, "LogRetentionDays": "7"}
    with pytest.raises(StackFailed, match=r"is in UPDATE_ROLLBACK_IN_PROGRESS after 0:00:00: Topic: no such name\."):
        stack.apply(deployment.templates / "messaging.yaml", known)

    stack_of(MESSAGING).status = "UPDATE_ROLLBACK_COMPLETE"
    stage_on_aws.prove_usable()


@pytest.mark.parametrize("operation", ["cloudformation.CreateStack", "cloudformation.UpdateStack"])
def test_operation_whose_answer_is_lost_is_carried_out_once(
    account: Account, answers: InjectedAnswers, operation: str
) -> None:
    account.with_stack = operation == "cloudformation.UpdateStack"
    deployment = account.deployment()
    answers.lose(operation)

    assert deployment.update_stack({"LogRetentionDays": "7"})

    assert answers.calls.count(operation) >= 2
    assert stack_of(MESSAGING).status.endswith("_COMPLETE")


def test_failed_deletion_says_why_and_can_be_repeated(deployment: Deployment, answers: InjectedAnswers) -> None:
    answers.alter("cloudformation.DeleteStack", failing_deletion(MESSAGING, Topic="somebody uses it"))
    with pytest.raises(StackFailed, match=r"could not be deleted \(DELETE_FAILED\): Topic: somebody uses it"):
        deployment.messaging.delete()

    deployment.messaging.delete()

    assert deployment.messaging.status == ""
