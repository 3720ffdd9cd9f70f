"""Every system check, with a file that breaks just what it looks for."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db.models import Model
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from config import checks
from config.zappa_settings import EVENT_KEYS

QUEUE = "arn:aws:sqs:us-east-1:123456789012:feedback"
GOOD_EVENT = {"function": "tests.config.jobs.right", "expression": "rate(1 minute)"}
VARIABLES = {
    "INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": "1",
    "ALLOWED_HOSTS": "subscriptions.example.com",
    "SITE_URL": "https://subscriptions.example.com",
    "SES_FROM_ADDRESS": "subscriptions@example.com",
}
GOOD_STAGE = {
    "project_name": "subs",
    "debug": False,
    "log_level": "INFO",
    "keep_warm": False,
    "use_precompiled_packages": False,
    "manage_roles": False,
    "num_retained_versions": None,
    "lambda_handler": "config.lambda_handler.lambda_handler",
    "dead_letter_arn": QUEUE,
    "aws_environment_variables": VARIABLES,
    "events": [GOOD_EVENT],
}

CHECK_ID = re.compile(r"config\.E\d{3}")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*EVENT_KEYS, "arn", "x"]), inner),
    max_leaves=8,
)


def written(directory: Path, document: Any) -> Path:
    path = directory / "zappa_settings.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def found(directory: Path, **changes: Any) -> list[CheckMessage]:
    """What is found in a file whose only stage is a good one with these changes; None takes a setting away."""
    stage = GOOD_STAGE | changes
    kept = {key: value for key, value in stage.items() if value is not None or GOOD_STAGE.get(key, "") is None}
    return checks.check_file(written(directory, {"dev": kept}))


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def ids_of_event(directory: Path, **changes: Any) -> list[str | None]:
    return ids(found(directory, events=[GOOD_EVENT | changes]))


def test_shipped_file_is_clean() -> None:
    assert checks.check_file(settings.BASE_DIR / "zappa_settings.json") == []


def test_good_stage_is_clean(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_manage_check_fails_and_names_the_problem(tmp_path: Path) -> None:
    written(tmp_path, {"dev": GOOD_STAGE | {"debug": True}})
    message = r"zappa_settings\.json dev: \(config\.E021\) debug must be false"

    with override_settings(BASE_DIR=tmp_path), pytest.raises(SystemCheckError, match=message):
        call_command("check")


def test_manage_check_passes_with_a_good_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, {"dev": GOOD_STAGE})

    with override_settings(BASE_DIR=tmp_path):
        call_command("check", tags=["zappa"])

    assert "no issues" in capsys.readouterr().out


def test_file_is_not_looked_for_on_lambda(tmp_path: Path) -> None:
    with override_settings(BASE_DIR=tmp_path):
        assert "config.E001" in ids(run_checks(tags=["zappa"]))
    with override_settings(BASE_DIR=tmp_path, ON_LAMBDA=True):
        assert "config.E001" not in ids(run_checks(tags=["zappa"]))


def test_every_id_is_listed_with_its_meaning() -> None:
    listed = re.findall(r"^- (config\.E\d{3}): \S", checks.__doc__ or "", re.MULTILINE)
    used = {name for path in (settings.BASE_DIR / "config").glob("*.py") for name in CHECK_ID.findall(path.read_text())}

    assert len(listed) == len(set(listed))
    assert set(listed) == used


@given(changes=st.dictionaries(st.sampled_from([*GOOD_STAGE, "extends", "events"]), JSON, min_size=1))
def test_settings_of_any_type_are_told_and_never_crash(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]
) -> None:
    path = written(tmp_path_factory.mktemp("settings"), {"dev": GOOD_STAGE | changes})

    assert all(CHECK_ID.fullmatch(message.id or "") for message in checks.check_file(path))


def test_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert ids(checks.check_file(tmp_path / "zappa_settings.json")) == ["config.E001"]


def test_file_that_is_not_json_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_text('{"dev": {},}')

    assert ids(checks.check_file(path)) == ["config.E001"]


def test_stage_that_extends_a_missing_one_is_an_error(tmp_path: Path) -> None:
    assert ids(found(tmp_path, extends="base")) == ["config.E002"]


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


@pytest.mark.parametrize("arn", [QUEUE, QUEUE + ".fifo", QUEUE.replace("arn:aws:", "arn:aws-us-gov:")])
def test_queue_as_event_source_is_fine(tmp_path: Path, arn: str) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": arn, "batch_size": 10, "enabled": True}}

    assert found(tmp_path, events=[event]) == []


def test_stage_that_inherits_a_queue_takes_the_others_messages(tmp_path: Path) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": QUEUE}}
    path = written(tmp_path, {"dev": GOOD_STAGE | {"events": [event]}, "production": {"extends": "dev"}})

    (message,) = checks.check_file(path)
    assert (message.id, message.msg) == ("config.E018", f"2 events take from {QUEUE}")


def test_stages_with_queues_of_their_own_are_fine(tmp_path: Path) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": QUEUE}}
    other = {"function": GOOD_EVENT["function"], "event_source": {"arn": QUEUE + "-of-production"}}
    stages = {"dev": GOOD_STAGE | {"events": [event]}, "production": {"extends": "dev", "events": [other]}}

    assert checks.check_file(written(tmp_path, stages)) == []


@pytest.mark.parametrize(
    ("key", "value", "check_id"),
    [
        ("project_name", None, "config.E020"),
        ("debug", None, "config.E021"),
        ("debug", True, "config.E021"),
        ("debug", "false", "config.E021"),
        ("log_level", None, "config.E022"),
        ("log_level", "DEBUG", "config.E022"),
        ("log_level", "info", "config.E022"),
        ("log_level", "NOTSET", "config.E022"),
        ("dead_letter_arn", None, "config.E023"),
        ("dead_letter_arn", "", "config.E023"),
        ("keep_warm", None, "config.E024"),
        ("keep_warm", True, "config.E024"),
        ("use_precompiled_packages", None, "config.E025"),
        ("use_precompiled_packages", True, "config.E025"),
        ("manage_roles", None, "config.E026"),
        ("manage_roles", True, "config.E026"),
        ("aws_environment_variables", None, "config.E027"),
        ("aws_environment_variables", VARIABLES | {"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": ""}, "config.E027"),
        ("aws_environment_variables", VARIABLES | {"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": 1}, "config.E027"),
        ("exception_handler", "tests.config.jobs.right", "config.E028"),
        ("aws_environment_variables", VARIABLES | {"LOCAL_CLOCK": ""}, "config.E033"),
        ("aws_environment_variables", VARIABLES | {"ALLOWED_HOSTS": ""}, "config.E034"),
        ("aws_environment_variables", {"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": "1"}, "config.E034"),
        ("lambda_handler", None, "config.E029"),
        ("lambda_handler", "handler.lambda_handler", "config.E029"),
        ("lambda_concurrency", 0, "config.E039"),
        ("lambda_concurrency", -1, "config.E039"),
        ("lambda_concurrency", "20", "config.E039"),
        ("lambda_concurrency", 1.5, "config.E039"),
        ("lambda_concurrency", True, "config.E039"),
        ("environment_variables", {"COLOUR": "blue"}, "config.E031"),
        ("remote_env", "s3://bucket/file.json", "config.E032"),
        ("remote_env_bucket", "bucket", "config.E032"),
        ("num_retained_versions", 10, "config.E038"),
    ],
)
def test_setting_that_is_wrong_is_an_error(tmp_path: Path, key: str, value: Any, check_id: str) -> None:
    messages = found(tmp_path, **{key: value})

    assert ids(messages) == [check_id]
    assert str(messages[0].msg).startswith(key)
    assert messages[0].hint


def test_setting_that_is_missing_is_taken_as_zappa_takes_it(tmp_path: Path) -> None:
    stage = {key: value for key, value in GOOD_STAGE.items() if key != "num_retained_versions"}
    assert ids(checks.check_file(written(tmp_path, {"dev": stage}))) == ["config.E038"]


@pytest.mark.parametrize("key", ["debug", "log_level", "keep_warm", "use_precompiled_packages", "manage_roles"])
def test_inherited_setting_that_is_wrong_is_told_for_each_stage(tmp_path: Path, key: str) -> None:
    document = {"dev": GOOD_STAGE | {key: None}, "production": {"extends": "dev"}}

    messages = checks.check_file(written(tmp_path, document))

    assert [message.obj for message in messages] == ["zappa_settings.json dev", "zappa_settings.json production"]


class WritesElsewhere:
    """A router that has another database for everything."""

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return "elsewhere"


def test_router_that_writes_elsewhere_than_to_default_is_refused() -> None:
    assert "config.E043" not in ids(run_checks(tags=["zappa"]))
    with override_settings(DATABASE_ROUTERS=[WritesElsewhere()]):
        (error,) = (found for found in run_checks(tags=["zappa"]) if found.id == "config.E043")
    assert "subscriptions.SubscriptionEvent" in str(error.hint)
