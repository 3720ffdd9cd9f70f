"""Parsing of zappa_settings.json, compared with Zappa's own parsing, rule names and handler."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import RequestFactory, override_settings
from hypothesis import assume, given
from hypothesis import strategies as st

from config.zappa.stages import (
    LONGEST_RULE_NAME,
    BrokenInheritance,
    Event,
    MalformedSettings,
    Stage,
    UnreadableSettings,
    function_of_rule,
    read_document,
    read_stages,
)

SHIPPED = settings.BASE_DIR / "zappa_settings.json"
RULE_CHARACTERS = st.text(alphabet="abcXYZ019._-", min_size=1, max_size=12)
FUNCTIONS = st.from_regex(r"[a-z_]{1,10}\.[a-z_]{1,30}", fullmatch=True)


def shipped_stages() -> list[Stage]:
    return read_stages(read_document(SHIPPED))


def zappa_reads(path: Path, stage: str) -> Any:
    """Return Zappa's command line with loaded settings and without an account."""
    from zappa.cli import ZappaCLI  # noqa: PLC0415 - slow to load

    command_line = ZappaCLI()
    command_line.load_credentials = False
    command_line.api_stage = stage
    command_line.load_settings(str(path))
    return command_line


def zappa_names(event: dict[str, Any], lambda_name: str, index: int) -> str:
    from zappa.core import Zappa  # noqa: PLC0415 - slow to load

    name: str = Zappa(load_credentials=False).get_scheduled_event_name(event, event["function"], lambda_name, index)
    return name


def an_event(**changes: Any) -> Event:
    document = {"dev": {"events": [{"function": "a.b", "expression": "rate(1 minute)"} | changes]}}
    return read_stages(document)[0].events[0]


@pytest.mark.parametrize("name", ["dev", "production"])
def test_shipped_stage_is_read_as_zappa_reads_it(name: str) -> None:
    stage = next(stage for stage in shipped_stages() if stage.name == name)
    zappa = zappa_reads(SHIPPED, name)

    assert stage.settings == zappa.stage_config
    assert stage.lambda_name == zappa.lambda_name == f"subs-{name}"


@pytest.mark.parametrize("name", ["dev", "production"])
def test_shipped_rules_are_named_as_zappa_names_them(name: str) -> None:
    stage = next(stage for stage in shipped_stages() if stage.name == name)

    for event, entry in zip(stage.events, stage.settings["events"], strict=True):
        names = [zappa_names(entry, stage.lambda_name, 0)] if event.expressions else []  # a queue needs no rule
        assert event.rule_names(stage.lambda_name) == names


def test_shipped_jobs_run_when_they_should() -> None:
    for stage in shipped_stages():
        assert {event.function: event.expressions for event in stage.events} == {
            "subscriptions.jobs.check_expired_subscriptions": ("rate(1 minute)",),
            "subscriptions.jobs.audit_access": ("cron(0/10 * * * ? *)",),
            "notifications.jobs.deliver_notifications": ("rate(1 minute)",),
            "notifications.jobs.send_expiry_reminders": ("rate(1 hour)",),
            "accounts.jobs.erase_leaving_users": ("rate(1 hour)",),
            "payments.jobs.process_payments": ("rate(1 minute)",),
            "payments.jobs.reconcile_payments": ("cron(19 3 * * ? *)",),
            "config.operations.jobs.delete_old_rows": ("cron(20 3 * * ? *)",),
            "notifications.jobs.handle_ses_feedback": (),
        }


def test_shipped_stages_share_no_role_bucket_queue_or_topic() -> None:
    dev, production = (stage.settings for stage in shipped_stages())

    for key in ("role_arn", "s3_bucket", "dead_letter_arn"):
        assert dev[key] != production[key]
    shared = dev["aws_environment_variables"].items() & production["aws_environment_variables"].items()
    assert {name for name, _ in shared} == {"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT"}


def test_shipped_links_lead_to_a_host_that_django_answers_to() -> None:
    for stage in shipped_stages():
        variables = stage.settings["aws_environment_variables"]
        with override_settings(ALLOWED_HOSTS=variables["ALLOWED_HOSTS"].split(",")):
            for host in (urlsplit(variables["SITE_URL"]).netloc, "abcdef1234.execute-api.us-east-1.amazonaws.com"):
                assert RequestFactory().get("/", headers={"host": host}).get_host() == host


@pytest.mark.parametrize(
    "sent", [{"Sourceip": "6.6.6.6"}, {"sourceip": "6.6.6.6"}, {"SOURCEIP": "6.6.6.6"}, {"X-Forwarded-For": "6.6.6.6"}]
)
def test_client_cannot_set_the_source_address_that_the_application_reads(sent: dict[str, str]) -> None:
    from zappa.wsgi import create_wsgi_request  # noqa: PLC0415 - slow to load

    mappings = shipped_stages()[0].settings["context_header_mappings"]
    event = {"httpMethod": "GET", "path": "/", "headers": sent} | {
        "requestContext": {"identity": {"sourceIp": "192.0.2.1"}}
    }

    environ = create_wsgi_request(event, context_header_mappings=mappings)

    assert environ["HTTP_SOURCEIP"] == "192.0.2.1"


@pytest.mark.parametrize(
    ("project", "stage"),
    [("subs", "dev"), ("Subs", "Dev"), ("my_project", "dev_2"), ("my--project", "_dev_"), ("subs-", "DEV")],
)
def test_lambda_is_named_as_zappa_names_it(tmp_path: Path, project: str, stage: str) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_text(json.dumps({stage: {"project_name": project}}))

    assert read_stages(read_document(path))[0].lambda_name == zappa_reads(path, stage).lambda_name


@given(lambda_name=RULE_CHARACTERS, name=st.none() | RULE_CHARACTERS, function=FUNCTIONS, index=st.integers(0, 11))
def test_rule_that_is_short_enough_has_the_name_that_zappa_gives_it(
    lambda_name: str, name: str | None, function: str, index: int
) -> None:
    entry = {"function": function, "expressions": ["rate(1 minute)"] * 12} | ({"name": name} if name else {})
    rule = an_event(**entry, expression="").rule_names(lambda_name)[index]
    assume(len(rule) <= LONGEST_RULE_NAME)

    assert rule == zappa_names(entry, lambda_name, index)
    assert function_of_rule(rule) == function


def test_rule_of_64_characters_is_not_left_whole_by_zappa() -> None:
    event = an_event(function="jobs." + "a" * 40)
    longest, too_long = "x" * 17, "x" * 18
    entry = {"function": event.function}

    assert event.rule_names(longest) == [zappa_names(entry, longest, 0)]
    assert len(event.rule_names(longest)[0]) == LONGEST_RULE_NAME
    assert event.rule_names(too_long) != [zappa_names(entry, too_long, 0)]


def test_rule_leads_zappas_handler_to_the_function_with_the_event() -> None:
    from zappa.handler import LambdaHandler  # noqa: PLC0415 - slow to load

    handler = object.__new__(LambdaHandler)  # its __init__ starts a whole application
    handler.settings = SimpleNamespace(DEBUG=False)
    rule = an_event(name="a-name-with-dashes", function="tests.config.jobs.right").rule_names("subs-dev")[0]
    fired = {"detail-type": "Scheduled Event", "resources": [f"arn:aws:events:us-east-1:123456789012:rule/{rule}"]}

    assert handler.handler(fired, "context") == {"event": fired, "context": "context"}


def test_stage_inherits_and_overrides_whole_settings_as_zappa_does(tmp_path: Path) -> None:
    path = tmp_path / "zappa_settings.json"
    base = {"project_name": "a", "tags": {"x": "1"}, "s3_bucket": "b"}
    document = {"base": base, "middle": {"extends": "base", "tags": {"y": "2"}}, "last": {"extends": "middle"}}
    path.write_text(json.dumps(document))

    stages = {stage.name: stage.settings for stage in read_stages(read_document(path))}

    assert stages["last"] == {"project_name": "a", "s3_bucket": "b", "tags": {"y": "2"}, "extends": "middle"}
    assert all(stages[name] == zappa_reads(path, name).stage_config for name in document)


@pytest.mark.parametrize(
    "document",
    [{"dev": {"extends": "dev"}}, {"a": {"extends": "b"}, "b": {"extends": "a"}}, {"dev": {"extends": "gone"}}],
)
def test_broken_inheritance_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BrokenInheritance):
        read_stages(document)


@pytest.mark.parametrize("content", [b"", b"{", b"{'dev': {}}", b"\xff\xfe"])
def test_file_that_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_bytes(content)

    with pytest.raises(UnreadableSettings, match=r"^zappa_settings\.json cannot be read"):
        read_document(path)


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSettings):
        read_document(tmp_path / "zappa_settings.json")


@pytest.mark.parametrize("content", ["[]", "1", '{"dev": []}', '{"dev": null}'])
def test_file_that_holds_no_stages_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_text(content)

    with pytest.raises(MalformedSettings):
        read_document(path)


@pytest.mark.parametrize(
    "events",
    [
        {},
        ["a.b"],
        [{}],
        [{"function": ""}],
        [{"function": 1}],
        [{"function": "a.b", "name": None}],
        [{"function": "a.b", "expression": ["rate(1 minute)"]}],
        [{"function": "a.b", "expressions": "rate(1 minute)"}],
        [{"function": "a.b", "event_source": "arn:aws:sqs:us-east-1:123456789012:queue"}],
    ],
)
def test_event_of_the_wrong_type_is_refused(events: Any) -> None:
    with pytest.raises(MalformedSettings):
        read_stages({"dev": {"events": events}})
