"""Releases of a function: recording and restoring."""

import json
from dataclasses import replace

import boto3
import pytest

from infra.deployment.deployment import Deployment
from infra.errors import Refused
from infra.lambda_local.account import ACCOUNT
from tests.end_to_end.deployed_state import DeployedState
from tests.infra.deployment.account import Account
from tests.support.release_zip import code_of, release_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


WAKE_UP_QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:subs-dev-wake-up"


def test_releases_are_remembered_and_gone_back_to(released: Deployment) -> None:
    releases = released.releases
    first, second = releases.kept()

    released.go_back_to(second)
    functions = boto3.client("lambda")
    found = functions.get_function(FunctionName="subs-dev")["Configuration"]
    kept = functions.get_function(FunctionName="subs-dev", Qualifier=second)["Configuration"]
    assert (found["CodeSha256"], found["Timeout"]) == (kept["CodeSha256"], 101)

    assert releases.previous() == first
    released.go_back_to(first)
    releases.keep_until(first)
    assert (releases.kept(), releases.live()) == ([first], first)
    with pytest.raises(Refused, match="no earlier release"):
        releases.previous()


def test_schedule_and_queues_go_back_with_the_code(released: Deployment, account: Account) -> None:
    kept = released.releases.kept()[-1]
    wake_up = {"arn": WAKE_UP_QUEUE, "batch_size": 1, "enabled": True}
    account.stage["events"][0]["expression"] = "rate(2 hours)"
    new = "config.operations.jobs.of_the_next_release"
    account.stage["events"] += [
        {"function": new, "name": new, "expression": "rate(1 hour)"},
        {"function": "notifications.jobs.deliver_woken", "event_source": wake_up},
    ]
    settings = account.directory / "next_release.json"
    settings.write_text(json.dumps({"dev": account.stage}), encoding="utf-8")
    next_release = replace(released, settings_file=settings)
    next_release.zappa().run("schedule")
    next_release.complete()
    assert len(boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]) == 2

    then = released.go_back_to(kept)

    state = DeployedState(then)
    state.check_schedule()
    state.check_event_sources()


def test_wake_up_queue_of_the_release_before_is_unmapped_by_deploying_and_mapped_again_by_a_rollback(
    released: Deployment, account: Account
) -> None:
    functions = boto3.client("lambda")
    woken = {
        "function": "notifications.jobs.deliver_woken",
        "event_source": {"arn": WAKE_UP_QUEUE, "batch_size": 10, "enabled": True},
    }
    before = account.stage | {"events": [*account.stage["events"], woken]}
    functions.update_function_code(FunctionName="subs-dev", ZipFile=release_of("before", before), Publish=True)
    version = released.releases.keep(released.releases.code_sha256("$LATEST"))
    released.go_back_to(version)
    assert WAKE_UP_QUEUE in sources()

    released.update_stack()
    released.zappa().run("schedule")
    released.complete()
    DeployedState(released).check_event_sources()
    assert WAKE_UP_QUEUE not in sources()

    released.go_back_to(version)
    assert WAKE_UP_QUEUE in sources()


def sources() -> list[str]:
    """Return the mapped queues of a function."""
    mappings = boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [mapping["EventSourceArn"] for mapping in mappings]


def test_stage_without_events_loses_the_rules_of_the_release_before(released: Deployment, account: Account) -> None:
    events, name = boto3.client("events"), "subs-dev-of_the_release_before"
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    arn = boto3.client("lambda").get_function(FunctionName="subs-dev")["Configuration"]["FunctionArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    account.stage["events"] = []
    settings = account.directory / "next_release.json"
    settings.write_text(json.dumps({"dev": account.stage}), encoding="utf-8")

    replace(released, settings_file=settings).complete()

    assert events.list_rules()["Rules"] == []


def test_version_that_does_not_tell_its_schedule_is_not_gone_back_to(released: Deployment) -> None:
    functions = boto3.client("lambda")
    functions.update_function_code(FunctionName="subs-dev", ZipFile=code_of("foreign"), Publish=True)
    foreign = released.releases.keep(released.releases.code_sha256("$LATEST"))
    with pytest.raises(Refused, match="check out its commit"):
        released.go_back_to(foreign)


def test_after_an_interrupted_deployment_the_last_good_release_is_gone_back_to(released: Deployment) -> None:
    assert released.releases.previous() == released.releases.kept()[-1]


def test_versions_that_are_gone_are_not_gone_back_to(released: Deployment) -> None:
    first, second = released.releases.kept()
    boto3.client("lambda").delete_function(FunctionName="subs-dev", Qualifier=first)
    assert released.releases.kept() == [second]


def test_dead_letter_queue_that_zappa_update_leaves_is_set(released: Deployment) -> None:
    released.complete()
    found = boto3.client("lambda").get_function_configuration(FunctionName="subs-dev")
    assert found["DeadLetterConfig"] == {"TargetArn": released.outputs()["DeadLetterQueueArn"]}


def test_queue_that_feeds_the_function_may_fail_in_part(released: Deployment) -> None:
    functions = boto3.client("lambda")
    queue = released.outputs()["FeedbackQueueArn"]
    functions.create_event_source_mapping(FunctionName="subs-dev", EventSourceArn=queue)
    released.complete()
    (mapping,) = functions.list_event_source_mappings(FunctionName="subs-dev")["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
