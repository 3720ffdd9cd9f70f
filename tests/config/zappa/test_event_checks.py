"""Checks of events, each with a file that violates only that check."""

from pathlib import Path
from typing import Any

import pytest

from config.zappa import checks
from tests.config.zappa.settings_file import GOOD_EVENT, GOOD_STAGE, QUEUE, found, ids, ids_of_event, written


def test_event_without_function_is_an_error(tmp_path: Path) -> None:
    assert ids(found(tmp_path, events=[{"expression": "rate(1 minute)"}])) == ["config.E003"]


@pytest.mark.parametrize(
    "function",
    [
        "tests.config.jobs.gone",
        "tests.config.gone.right",
        "gone.right",
        "right",
        "tests.config.jobs.",
        ".jobs.right",
        "a b.c",
    ],
)
def test_function_that_cannot_be_imported_is_an_error(tmp_path: Path, function: str) -> None:
    assert "config.E010" in ids_of_event(tmp_path, function=function)


@pytest.mark.parametrize(
    "function",
    [
        "with_default",
        "with_all_defaults",
        "with_one",
        "with_third",
        "with_keyword_only",
        "with_arguments",
        "with_keywords",
        "swapped",
        "asynchronous",
        "generator",
        "widened",
        "Constructed",
        "partially_applied",
        "not_callable",
    ],
)
def test_function_of_another_signature_is_an_error(tmp_path: Path, function: str) -> None:
    assert ids_of_event(tmp_path, function=f"tests.config.jobs.{function}") == ["config.E011"]


def test_function_of_an_event_source_is_looked_at_too(tmp_path: Path) -> None:
    event = {"function": "tests.config.jobs.with_default", "event_source": {"arn": QUEUE}}

    assert ids(found(tmp_path, events=[event])) == ["config.E011"]


def test_two_schedules_of_one_function_without_a_name_are_an_error(tmp_path: Path) -> None:
    messages = found(tmp_path, events=[GOOD_EVENT, GOOD_EVENT | {"expression": "rate(1 hour)"}])

    assert ids(messages) == ["config.E012"]
    assert messages[0].msg == "2 schedules share the rule subs-dev-tests.config.jobs.right"


def test_two_schedules_of_one_function_with_names_are_fine(tmp_path: Path) -> None:
    assert found(tmp_path, events=[GOOD_EVENT, GOOD_EVENT | {"name": "hourly", "expression": "rate(1 hour)"}]) == []


def test_several_expressions_of_one_event_are_fine(tmp_path: Path) -> None:
    event = {"function": GOOD_EVENT["function"], "expressions": ["rate(1 minute)", "rate(1 hour)"]}

    assert found(tmp_path, events=[event]) == []


def test_stages_whose_names_aws_cannot_tell_apart_are_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, {"dev": GOOD_STAGE, "DEV": GOOD_STAGE})

    assert ids(checks.check_file(path)) == ["config.E012"]


def test_rule_name_of_63_characters_is_fine_and_one_of_64_is_an_error(tmp_path: Path) -> None:
    rest = len("-dev-" + GOOD_EVENT["function"])

    assert found(tmp_path, project_name="p" * (63 - rest)) == []
    assert ids(found(tmp_path, project_name="p" * (64 - rest))) == ["config.E013"]


def test_number_of_a_second_expression_counts_in_the_rule_name(tmp_path: Path) -> None:
    rest = len("-dev-" + GOOD_EVENT["function"])
    event = {"function": GOOD_EVENT["function"], "expressions": ["rate(1 minute)", "rate(1 hour)"]}

    assert ids(found(tmp_path, project_name="p" * (62 - rest), events=[event])) == ["config.E013"]


@pytest.mark.parametrize("name", ["every minute", "jede_Stunde_für_alle", "a/b", "a:b"])
def test_name_with_characters_that_aws_refuses_is_an_error(tmp_path: Path, name: str) -> None:
    assert ids_of_event(tmp_path, name=name) == ["config.E014"]


def test_function_with_a_dash_cannot_be_told_from_the_rule(tmp_path: Path) -> None:
    assert ids_of_event(tmp_path, function="tests.config-jobs.right") == ["config.E010", "config.E014"]


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "cron(0 12 * * *)", "5m"]
)
def test_schedule_that_aws_refuses_is_an_error(tmp_path: Path, expression: str) -> None:
    assert ids_of_event(tmp_path, expression=expression) == ["config.E015"]


def test_each_wrong_expression_of_a_list_is_an_error(tmp_path: Path) -> None:
    event = {"function": GOOD_EVENT["function"], "expressions": ["rate(1 minute)", "rate(1 minutes)", 5]}

    assert ids(found(tmp_path, events=[event])) == ["config.E015", "config.E015"]


def test_event_without_trigger_is_an_error(tmp_path: Path) -> None:
    assert ids(found(tmp_path, events=[{"function": GOOD_EVENT["function"]}])) == ["config.E016"]


@pytest.mark.parametrize("second", [{"expressions": ["rate(1 hour)"]}, {"event_source": {"arn": QUEUE}}])
def test_event_with_two_triggers_is_an_error(tmp_path: Path, second: dict[str, Any]) -> None:
    assert ids_of_event(tmp_path, **second) == ["config.E016"]


def test_topic_as_event_source_is_an_error(tmp_path: Path) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": QUEUE.replace("sqs", "sns")}}

    assert ids(found(tmp_path, events=[event])) == ["config.E017"]


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "queue",
        "https://sqs.us-east-1.amazonaws.com/123456789012/queue",
        QUEUE.replace("sqs", "dynamodb"),
        QUEUE.replace("123456789012", ""),
        QUEUE + "/x",
    ],
)
def test_event_source_that_is_no_queue_is_an_error(tmp_path: Path, arn: str) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": arn, "batch_size": 10}}

    assert ids(found(tmp_path, events=[event])) == ["config.E019"]


@pytest.mark.parametrize("arn", [QUEUE, QUEUE + ".fifo"])
def test_queue_as_event_source_is_fine(tmp_path: Path, arn: str) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": arn, "batch_size": 10, "enabled": True}}

    assert found(tmp_path, events=[event]) == []


def test_stage_that_inherits_a_queue_takes_the_others_messages(tmp_path: Path) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": QUEUE}}
    path = written(tmp_path, {"dev": GOOD_STAGE | {"events": [event]}, "production": {"extends": "dev"}})

    (message,) = checks.check_file(path)
    assert (message.id, message.msg) == ("config.E018", f"2 events read from {QUEUE}")


def test_stages_with_queues_of_their_own_are_fine(tmp_path: Path) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": QUEUE}}
    other = {"function": GOOD_EVENT["function"], "event_source": {"arn": QUEUE + "-of-production"}}
    stages = {"dev": GOOD_STAGE | {"events": [event]}, "production": {"extends": "dev", "events": [other]}}

    assert checks.check_file(written(tmp_path, stages)) == []


def test_stage_without_a_job_that_another_runs_is_a_warning(tmp_path: Path) -> None:
    stages = {
        "dev": GOOD_STAGE
        | {"events": [GOOD_EVENT, {"function": "tests.config.jobs.right_too", "expression": "rate(1 hour)"}]},
        "production": {"extends": "dev", "events": [GOOD_EVENT]},
    }
    (message,) = checks.check_file(written(tmp_path, stages))
    assert (message.id, message.msg) == (
        "config.W063",
        "production does not run tests.config.jobs.right_too, which another stage runs",
    )
