"""How long a mail and an event wait after their commit, woken by the queue or found by the schedule's tick.

    python -m benchmarks.wake_up.run [--commits 200] [--seconds 60] [--schedule] [--seed 1]

The function is Zappa's handler in this process, with Lambda's poller or the schedule's clock in a thread of its own, on
a PostgreSQL of its own and the local AWS. Commits come at random instants of so many seconds. The last line is JSON.
"""

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from django.core.management import call_command

from infra.errors import BenchmarkFailed
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.emulator.moto_server import ACCOUNT
from infra.lambda_local.event_sources.poller import EventSourcePoller
from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.local.lambda_function import LambdaFunction
from infra.packaging.local_environment import be_local
from infra.packaging.zappa_stage import SETTINGS_FILE, ZappaStage, load_stage
from infra.postgresql import PostgreSQL

STAGE = "dev"
REGION = "us-east-1"
QUEUE_NAME = "subs-dev-wake-up"
DELIVERY = "notifications.jobs.deliver_notifications"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:subscription-events"
EVENT = {
    "function": "notifications.jobs.deliver_woken",
    "event_source": {"arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE_NAME}", "batch_size": 10, "enabled": True},
}
"""What README.md has added to `events`."""
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
TICK = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=3)


def main() -> None:
    """Commit, wait until all is accepted, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wake_up.run")
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--schedule", action="store_true", help="without the queue: a tick each minute")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)  # noqa: S311 - the same load each time
    instants = sorted(chance.uniform(0, arguments.seconds) for _ in range(arguments.commits))
    with PostgreSQL() as server, LocalAWS(topic_arn=TOPIC, from_address="subscriptions@example.com"):
        print(json.dumps(_measure(server.url, instants, with_queue=not arguments.schedule)))


def _measure(database_url: str, instants: Sequence[float], *, with_queue: bool) -> dict[str, Any]:
    queue_url = boto3.client("sqs").create_queue(QueueName=QUEUE_NAME)["QueueUrl"] if with_queue else ""
    be_local(
        DATABASE_URL=database_url,
        DJANGO_SETTINGS_MODULE="config.settings",
        LOG_LEVEL="ERROR",
        SNS_TOPIC_ARN=TOPIC,
        WAKE_UP_QUEUE_URL=queue_url,
    )
    stage = _stage_with_queue()
    function = LambdaFunction(stage)
    call_command("migrate", verbosity=0)
    with _polling(function, stage) if with_queue else _ticking(function, stage) as invocations:
        _commit(instants)
        waits = _wait_for_all()
    return _figures(waits) | {"commits": len(instants), "invocations": len(invocations)}


def _stage_with_queue() -> ZappaStage:
    document = json.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
    document[STAGE]["events"].append(EVENT)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / SETTINGS_FILE.name
        path.write_text(json.dumps(document), encoding="utf-8")
        return load_stage(STAGE, path)


@contextmanager
def _polling(function: LambdaFunction, stage: ZappaStage) -> Iterator[list[Any]]:
    """Lambda's poller, which the mapping in the local AWS leads from the queue to the function."""
    invocations: list[Any] = []

    def invoke(_: str, event: Any) -> InvocationResult:
        invocations.append(function.invoke(event))
        return InvocationResult("", invocations[-1], None, timedelta(), None, "")

    role = boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions = boto3.client("lambda")
    functions.create_function(
        FunctionName=stage.lambda_name, Runtime="python3.11", Role=role, Handler="any.any", Code={"ZipFile": EMPTY_ZIP}
    )
    functions.create_event_source_mapping(EventSourceArn=EVENT["event_source"]["arn"], FunctionName=stage.lambda_name)  # type: ignore[index]
    with EventSourcePoller(invoke):
        yield invocations


@contextmanager
def _ticking(function: LambdaFunction, stage: ZappaStage) -> Iterator[list[Any]]:
    """The schedule of the delivery; the first tick comes after one interval."""
    invocations: list[Any] = []
    over = threading.Event()

    def run() -> None:
        while not over.wait(TICK.total_seconds()):
            event = delivered_event(stage.schedule_of(DELIVERY), region=stage.region, time=datetime.now(UTC))
            invocations.append(function.invoke(event))

    thread = threading.Thread(target=run)
    thread.start()
    yield invocations
    over.set()
    thread.join()


def _commit(instants: Sequence[float]) -> None:
    """A subscription at each of these instants, in seconds from now."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - models need Django

    from subscriptions.models import Plan  # noqa: PLC0415
    from subscriptions.services import SubscriptionService  # noqa: PLC0415

    plan = Plan.objects.create(name="Monthly", price=0, duration_days=30)
    users = User.objects.bulk_create(
        User(username=f"user{number}", email=f"user{number}@example.com") for number in range(len(instants))
    )
    begun = time.monotonic()
    for instant, user in zip(instants, users, strict=True):
        time.sleep(max(0.0, begun + instant - time.monotonic()))
        SubscriptionService.create_subscription(user, plan)


def _wait_for_all() -> list[float]:
    """Seconds from each commit to the acceptance, once all are accepted; by the database's clock.

    Raises BenchmarkFailed where some are not.
    """
    from notifications.models import Notification, State  # noqa: PLC0415 - models need Django

    gives_up = time.monotonic() + LONGEST_WAIT.total_seconds()
    while left := Notification.objects.exclude(state=State.SENT).count():
        if time.monotonic() > gives_up:
            raise BenchmarkFailed(f"{left} notifications are not accepted")
        time.sleep(0.1)
    rows = Notification.objects.filter(finished_at__isnull=False).values_list("created_at", "finished_at")
    return [(finished_at - created_at).total_seconds() for created_at, finished_at in rows if finished_at]


def _figures(waits: Sequence[float]) -> dict[str, float]:
    percentiles = statistics.quantiles(waits, n=20)
    return {
        "median_s": round(statistics.median(waits), 2),
        "p95_s": round(percentiles[-1], 2),
        "longest_s": round(max(waits), 2),
        "notifications": len(waits),
    }


if __name__ == "__main__":
    main()
