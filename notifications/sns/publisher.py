"""Events to SNS, ten per call."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings

from notifications.aws import clients
from notifications.aws.error_codes import judge_code
from notifications.aws.results import Result, ResultKind
from notifications.models import Notification, PauseReason
from notifications.sns.messages import TopicMessage, topic_messages

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import (
        BatchResultErrorEntryTypeDef,
        PublishBatchRequestEntryTypeDef,
        PublishBatchResponseTypeDef,
    )


def compose(notifications: Iterable[Notification]) -> "dict[int, PublishBatchRequestEntryTypeDef]":
    """Return the messages of the notifications by primary key, with one query for each kind of event."""
    return {key: _entry(key, message) for key, message in topic_messages(notifications).items()}


def publish(entries: "Sequence[PublishBatchRequestEntryTypeDef]") -> dict[int, Result]:
    """Call SNS once; return the result of each entry. Raises no error of AWS or the network."""
    try:
        answer = clients.sns().publish_batch(TopicArn=settings.SNS_TOPIC_ARN, PublishBatchRequestEntries=list(entries))
    except clients.AWS_ERRORS as error:
        return dict.fromkeys((int(message["Id"]) for message in entries), _of_the_request(clients.judge(error)))
    return {int(message["Id"]): Result(ResultKind.UNKNOWN, error="not in the answer") for message in entries} | _told(
        answer
    )


def _entry(key: int, message: TopicMessage) -> "PublishBatchRequestEntryTypeDef":
    """Return one message, with the attributes for filter policies."""
    entry: PublishBatchRequestEntryTypeDef = {
        "Id": str(key),
        "Message": message.text,
        "MessageAttributes": {
            "type": {"DataType": "String", "StringValue": message.type},
            "plan_id": {"DataType": "Number", "StringValue": str(message.plan_id)},
        },
    }
    if settings.SNS_TOPIC_ARN.endswith(".fifo"):
        entry["MessageGroupId"] = message.group
        entry["MessageDeduplicationId"] = message.deduplication_id
    return entry


def _of_the_request(result: Result) -> Result:
    """Return the result of a refused request. SNS reports refused entries in `Failed`, so the topic must be wrong."""
    if result.kind is not ResultKind.REFUSED:
        return result
    return Result(ResultKind.PAUSED, error=result.error, pause=PauseReason.CONFIGURATION)


def _told(answer: "PublishBatchResponseTypeDef") -> dict[int, Result]:
    accepted = {
        int(result["Id"]): Result(ResultKind.ACCEPTED, message_id=result["MessageId"])
        for result in answer.get("Successful", [])
    }
    return accepted | {int(result["Id"]): _refused(result) for result in answer.get("Failed", [])}


def _refused(entry: "BatchResultErrorEntryTypeDef") -> Result:
    """Return the result of an entry in `Failed`, which was not published; a sender's fault is final."""
    result = judge_code(entry["Code"], entry.get("Message", ""))
    if result.kind in (ResultKind.THROTTLED, ResultKind.PAUSED):
        return result
    return Result(ResultKind.REFUSED if entry["SenderFault"] else ResultKind.UNSENT, error=entry["Code"])
