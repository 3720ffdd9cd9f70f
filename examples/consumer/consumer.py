"""Store each event of the topic exactly once, and record gaps in the sequence of events.

SNS -> SQS (raw message delivery) -> this function -> DynamoDB, as in template.yaml. Add your own reaction to an event
to the transaction of `_store`: then it happens once, even if the event is delivered twice or processing fails halfway.
"""

import json
import logging
import os
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

TABLE = os.environ["TABLE_NAME"]
"""Items by `subject` and `id`. A missing one has `missing_since` and is listed by the index `gaps`."""

NEW = "attribute_not_exists(id) OR attribute_exists(missing_since)"
UNHEARD_OF = "attribute_not_exists(id)"

Item = dict[str, dict[str, str]]

dynamodb = boto3.client("dynamodb")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Process a batch and return the failed messages (ReportBatchItemFailures)."""
    failed = [record["messageId"] for record in event["Records"] if not _is_stored(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_stored(record: dict[str, Any]) -> bool:
    """Return False for a failed record. It is redelivered, in the end to the dead-letter queue; the others are done."""
    try:
        _store(json.loads(record["body"]))
    except (ValueError, LookupError, TypeError, ClientError, BotoCoreError):  # not our JSON, or the table
        logger.exception("message %s failed", record["messageId"])
        return False
    return True


def _store(event: dict[str, Any]) -> None:
    """Write the event if it is new, together with a gap before it."""
    writes = [_put(_item(event), NEW)]
    if gap := _gap_before(event):
        writes.append(_put(gap, UNHEARD_OF))
    try:
        dynamodb.transact_write_items(TransactItems=writes)
    except dynamodb.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise  # somebody else wrote at the same time; SQS brings it again
        logger.info("event %s came again", event["id"])


def _gap_before(event: dict[str, Any]) -> Item | None:
    """Return an item for the previous event, if it is neither stored nor known to be missing."""
    if "previousid" not in event:
        return None
    key = {"subject": {"S": event["subject"]}, "id": {"S": event["previousid"]}}
    if "Item" in dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True):
        return None
    logger.warning("event %s came, and %s before it did not", event["id"], event["previousid"])
    return key | {"missing_since": {"S": datetime.now(UTC).isoformat()}}


def _item(event: dict[str, Any]) -> Item:
    item = {name: {"S": event[name]} for name in ("subject", "id", "type", "time")}
    return item | {"data": {"S": json.dumps(event["data"])}}


def _put(item: Item, condition: str) -> dict[str, Any]:
    return {"Put": {"TableName": TABLE, "Item": item, "ConditionExpression": condition}}
