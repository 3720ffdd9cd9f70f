"""Dead letters: events that a function failed on for good, as Lambda puts them into the function's queue.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
"""

import json
from dataclasses import dataclass
from typing import Any

import boto3

from infra.lambda_local.sandbox.runtime_api import LambdaError

LONGEST_MESSAGE = 1024
"""Bytes of the attribute ErrorMessage."""


@dataclass(frozen=True)
class DeadLetter:
    """An event, and the function's last error."""

    request_id: str
    event: Any
    error: LambdaError

    def send(self, queue_arn: str) -> None:
        """Send it to an SQS queue. Raises botocore's errors, for example if there is no such queue."""
        _, _, _, region, account, name = queue_arn.split(":")
        sqs = boto3.session.Session().client("sqs", region_name=region)
        sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"],
            MessageBody=json.dumps(self.event),
            MessageAttributes={
                "RequestID": {"DataType": "String", "StringValue": self.request_id},
                "ErrorCode": {"DataType": "Number", "StringValue": "200"},  # Lambda worked, the function did not
                "ErrorMessage": {"DataType": "String", "StringValue": self._message()},
            },
        )

    def _message(self) -> str:
        message: str = self.error["errorMessage"] or self.error["errorType"]  # an attribute may not be empty
        return message.encode()[:LONGEST_MESSAGE].decode(errors="ignore")
