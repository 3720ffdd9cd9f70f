"""SES events are parsed as documented by AWS; all others are refused with our own messages."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.errors import UnreadableFeedback
from notifications.models import EventType, Notification
from notifications.ses.events import GREETING, SesEvent, read_event
from tests.support.ses_feedback import EVENTS, bounce, envelope, ses_event

MESSAGE_ID = "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
SAMPLES = sorted(path.stem.removeprefix("ses-") for path in EVENTS.glob("ses-*.json"))
RECIPIENT = ("recipient@example.com",)


def read(event: Any, **fields: Any) -> SesEvent:
    found = read_event(envelope(event, **fields))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("sample", "event_type", "occurred_at", "recipients"),
    [
        ("send", EventType.SEND, "2016-10-14T05:02:16.645", ()),
        ("reject", EventType.REJECT, "2016-10-14T17:38:15.211", ()),
        ("delivery", EventType.DELIVERY, "2016-10-19T23:21:04.133", ()),
        ("delivery-delay", EventType.DELIVERY_DELAY, "2020-06-16T00:25:40.095", ()),
        ("bounce", EventType.BOUNCE, "2017-08-05T00:41:02.669", RECIPIENT),
        ("complaint", EventType.COMPLAINT, "2017-08-05T00:41:02.669", RECIPIENT),
        ("rendering-failure", EventType.RENDERING_FAILURE, "2018-01-22T18:43:06.197", ()),
        ("open", EventType.OPEN, "2017-08-09T22:00:19.652", ()),
        ("click", EventType.CLICK, "2017-08-09T23:51:25.570", ()),
        ("subscription", EventType.SUBSCRIPTION, "2022-01-12T01:00:17.910", ()),
        ("notification-bounce", EventType.BOUNCE, "2016-01-27T14:59:38.237", ("jane@example.com",)),
        (
            "notification-bounce-without-dsn",
            EventType.BOUNCE,
            "2016-01-27T14:59:38.237",
            ("jane@example.com", "richard@example.com"),
        ),
        ("notification-complaint", EventType.COMPLAINT, "2016-01-27T14:59:38.237", ("richard@example.com",)),
        (
            "notification-complaint-without-report",
            EventType.COMPLAINT,
            "2016-01-27T14:59:38.237",
            ("richard@example.com",),
        ),
        ("notification-delivery", EventType.DELIVERY, "2016-01-27T14:59:38.237", ()),
    ],
)
def test_every_documented_event_is_read(
    sample: str, event_type: EventType, occurred_at: str, recipients: tuple[str, ...]
) -> None:
    event = ses_event(sample)
    found = read(event, MessageId="of-sns")
    assert (found.sns_message_id, found.type, found.recipients) == ("of-sns", event_type, recipients)
    assert found.occurred_at == datetime.fromisoformat(occurred_at).replace(tzinfo=UTC)
    assert found.message_id == event["mail"]["messageId"]
    assert json.loads(found.raw) == event
    assert found.notification is None


def test_a_sample_of_every_type_is_there_and_says_where_it_is_from() -> None:
    assert {read(ses_event(sample)).type for sample in SAMPLES} == set(EventType)
    sources = (EVENTS / "README.md").read_text()
    assert [sample for sample in SAMPLES if f"`ses-{sample}.json`" not in sources] == []


@pytest.mark.parametrize(
    ("bounce_type", "subtype", "is_permanent", "reason"),
    [
        ("Permanent", "General", True, "Permanent/General"),
        ("Permanent", "OnAccountSuppressionList", True, "Permanent/OnAccountSuppressionList"),
        ("Permanent", "Suppressed", True, "Permanent/Suppressed"),
        ("Transient", "MailboxFull", False, "Transient/MailboxFull"),
        ("Undetermined", "Undetermined", False, "Undetermined/Undetermined"),
        ("Permanent", "bob@example.com", True, "Permanent/?"),
    ],
)
def test_bounce_says_whether_it_is_for_good(bounce_type: str, subtype: str, is_permanent: bool, reason: str) -> None:
    found = read(bounce(bounce_type, subtype))
    assert (found.is_permanent, found.reason) == (is_permanent, reason)


@pytest.mark.parametrize(
    ("tags", "notification"),
    [
        ({"notification": ["12"]}, 12),
        ({"notification": ["999999999999999999"]}, 999_999_999_999_999_999),
        ({"notification": ["99999999999999999999"]}, None),
        ({"notification": ["12", "13"]}, None),
        ({"notification": []}, None),
        ({"notification": "12"}, None),
        ({"notification": [12]}, None),
        ({"notification": ["-12"]}, None),
        ({"notification": ["\u0661"]}, None),
        ({"notification": ["of somebody else"]}, None),
        ({}, None),
        (None, None),
    ],
)
def test_tag_names_the_notification_or_nothing(tags: Any, notification: int | None) -> None:
    assert read(ses_event("send", tags=tags)).notification == notification


def test_greeting_that_ses_publishes_when_it_is_given_the_topic_is_no_event_and_no_error() -> None:
    assert read_event(envelope(GREETING)) is None


def without(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != name}


SECRET = "bob@example.com"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "the body is not JSON"),
        (SECRET, "the body is not JSON"),
        ("[" * 200_000, "the body is not JSON"),
        (f'["{SECRET}"]', "the body is no JSON object"),
        ("{}", "no notification of SNS"),
        (envelope(ses_event("send"), Type="SubscriptionConfirmation", Token=SECRET), "no notification of SNS"),
        (envelope(ses_event("send"), Type="UnsubscribeConfirmation"), "no notification of SNS"),
        (json.dumps(ses_event("send")), "no notification of SNS"),
        (envelope(ses_event("send"), Message=None), "no text in Message"),
        (envelope(ses_event("send"), Message={"eventType": SECRET}), "no text in Message"),
        (envelope("\ud800"), "no text in Message"),
        (envelope(SECRET), "SES's event is not JSON"),
        (envelope("[" * 200_000), "SES's event is not JSON"),
        (envelope("\x00"), "SES's event is not JSON"),
        (envelope(f'"{SECRET}"'), "SES's event is no JSON object"),
        (envelope({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": SECRET}), "of no type"),
        (envelope(ses_event("send") | {"eventType": SECRET}), "of no type"),
        (envelope(ses_event("send") | {"eventType": ["Send"]}), "of no type"),
        (envelope(without(ses_event("send"), "eventType")), "of no type"),
        (envelope(without(ses_event("send"), "mail")), "SES's event has no mail"),
        (envelope(without(ses_event("bounce"), "bounce")), "SES's event has no bounce"),
        (envelope(ses_event("bounce") | {"bounce": [SECRET]}), "SES's event has no bounce"),
        (envelope(ses_event("bounce") | {"bounce": {"timestamp": "2017-08-05T00:41:02Z"}}), "no bouncedRecipients"),
        (envelope(ses_event("send", messageId=None)), "messageId is no id"),
        (envelope(ses_event("send", messageId="")), "messageId is no id"),
        (envelope(ses_event("send", messageId="x" * 101)), "messageId is no id"),
        (envelope(ses_event("send", messageId="a\x00b")), "messageId is no id"),
        (envelope(ses_event("send"), MessageId=7), "MessageId is no id"),
        (envelope(ses_event("send", timestamp=SECRET)), "the timestamp is not in UTC"),
        (envelope(ses_event("send", timestamp=None)), "the timestamp is not in UTC"),
        (envelope(ses_event("send", timestamp="2016-10-14T05:02:16")), "the timestamp is not in UTC"),
        (envelope(ses_event("send", timestamp="2016-13-14T05:02:16Z")), "the timestamp is none"),
    ],
)
def test_anything_else_is_refused_without_repeating_what_it_says(body: str, says: str) -> None:
    with pytest.raises(UnreadableFeedback, match=says) as raised:
        read_event(body)
    assert SECRET not in str(raised.value)


ODD: Any = st.sampled_from(
    [None, True, 7, -1.5, "", "x" * 300, "\x00", "\ud800", "2016-10-14T05:02:16Z", [], [None], ["12"], {}, {"a": "b"}]
)
"""Invalid values for a field."""


@settings(deadline=None)
@given(
    sample=st.sampled_from(SAMPLES),
    replaced=st.fixed_dictionaries({}, optional=dict.fromkeys(["eventType", "mail", "bounce", "complaint"], ODD)),
    mail=st.fixed_dictionaries({}, optional=dict.fromkeys(["messageId", "timestamp", "tags"], ODD)),
    details=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["timestamp", "bounceType", "bounceSubType", "bouncedRecipients"], ODD)
    ),
)
def test_whatever_the_fields_hold_it_is_refused_or_can_be_kept(
    sample: str, replaced: dict[str, Any], mail: dict[str, Any], details: dict[str, Any]
) -> None:
    event = ses_event(sample, **mail)
    if "bounce" in event:
        event["bounce"] |= details
    try:
        found = read(event | replaced)
    except UnreadableFeedback:
        return
    assert found.message_id.isascii()
    assert found.raw.encode()
    assert len(found.reason) <= Notification._meta.get_field("error").max_length  # type: ignore[operator]
