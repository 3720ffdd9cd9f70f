"""The local AWS returns what was sent to it."""

from email.message import EmailMessage

import boto3
import pytest
from botocore.exceptions import ClientError
from django.conf import settings

from infra.lambda_local.emulator.local_aws import LocalAWS


def send(to: str, *, sender: str = settings.SES_FROM_ADDRESS) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Grüße", sender, to
    message.set_content("Grüß Gott")
    message.add_alternative("<p>Grüß Gott</p>", subtype="html")
    boto3.client("sesv2").send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": message.as_bytes()}},
    )


def test_mails_are_read_back_as_ses_got_them(aws: LocalAWS) -> None:
    send("ada@example.com")
    send("grace@example.com")

    first, second = aws.mails()

    assert (first.recipients, second.recipients) == (["ada@example.com"], ["grace@example.com"])
    assert first.message["Subject"] == "Grüße"
    assert first.text("plain").strip() == "Grüß Gott"
    assert first.text("html").strip() == "<p>Grüß Gott</p>"


def test_ses_refuses_a_sender_that_is_not_verified(aws: LocalAWS) -> None:
    with pytest.raises(ClientError, match="MessageRejected"):
        send("ada@example.com", sender="somebody@example.net")

    assert aws.mails() == []


def test_events_accumulate_in_the_consumers_hands(aws: LocalAWS) -> None:
    sns = boto3.client("sns")
    for number in range(11):
        sns.publish(
            TopicArn=settings.SNS_TOPIC_ARN,
            Message=f'{{"number": {number}}}',
            MessageAttributes={"type": {"DataType": "String", "StringValue": "subscription.expired.v1"}},
        )

    assert sorted(event.body["number"] for event in aws.events()) == list(range(11))
    assert aws.events()[0].attributes == {"type": "subscription.expired.v1"}
    assert len(aws.events()) == 11


def test_a_reset_forgets_what_was_sent_and_keeps_what_is_needed_to_send(aws: LocalAWS) -> None:
    send("ada@example.com")

    aws.reset()

    assert (aws.mails(), aws.events()) == ([], [])
    send("ada@example.com")
    assert len(aws.mails()) == 1
