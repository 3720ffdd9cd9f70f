"""Topic and queue between SES and the function, as in messaging.yaml."""

import json
import time
from dataclasses import dataclass
from typing import Self

import boto3

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.1
MAXIMUM_RECEIVES = "5"  # as in messaging.yaml


@dataclass(frozen=True)
class FeedbackQueue:
    """Topic that SES publishes to, and queue that the function reads."""

    topic_arn: str
    queue_url: str

    @classmethod
    def provide(cls, name: str) -> Self:
        """Create topic, queue and dead-letter queue."""
        sqs, sns = boto3.client("sqs"), boto3.client("sns")
        letters = sqs.create_queue(QueueName=f"{name}-dead-letters")["QueueUrl"]
        redrive = {"deadLetterTargetArn": _arn(letters), "maxReceiveCount": MAXIMUM_RECEIVES}
        queue = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
        topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_arn(queue))
        return cls(topic, queue)

    def wait_until_taken(self) -> bool:
        """Wait until the queue is empty and nothing is in flight. Return False after PATIENCE_SECONDS."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.is_empty:
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_SECONDS)
        return True

    @property
    def is_empty(self) -> bool:
        """True if the queue is empty and nothing is in flight."""
        found = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.queue_url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return not any(int(number) for number in found.values())


def _arn(queue_url: str) -> str:
    found = boto3.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    return found["Attributes"]["QueueArn"]
