"""Functions by name: synchronous, asynchronous with retries and a dead-letter queue, and concurrent."""

import json
import textwrap
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.errors import UnknownFunction
from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.lambda_service import RETRY_DELAYS, LambdaService
from tests.infra.lambda_local.sandbox.meeting_point import MEET, MeetingPoint
from tests.support.patience import PATIENCE_SECONDS, wait_until

DEAD_LETTERS = "dead-letters"
QUICK = (timedelta(seconds=0.1), timedelta(seconds=0.2))

AT_ONCE = (timedelta(0), timedelta(0))

SOURCE = """
    import json, time
    if "START_MEETS" in os.environ: meet(int(os.environ["START_MEETS"]))
    def lambda_handler(event, context):
        print(json.dumps([context.aws_request_id, time.monotonic(), os.getpid()]))
        if event.get("meet"): meet(event["meet"])
        if event.get("raise"): raise LookupError(event["raise"])
        if event.get("needs") and not os.path.exists(event["needs"]): os._exit(1)
        return event
"""


class Started:
    """Service with one function `f`, and its results in the order of their end.

    Events age with `seconds`.
    """

    def __init__(self, package: Path, concurrency: int, retry_delays: Sequence[timedelta], configuration: Any) -> None:
        self.seconds = 0.0
        function = FunctionConfiguration(
            **{
                "name": "f",
                "package": package,
                "handler": "handler.lambda_handler",
                "environment": {},
                "timeout": timedelta(seconds=PATIENCE_SECONDS),
                "memory_megabytes": 128,
                "dead_letter_arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{DEAD_LETTERS}",
            }
            | configuration
        )
        self.service = LambdaService(
            [function],
            concurrency=concurrency,
            retry_delays=retry_delays,
            listener=self._remember,
            clock=lambda: self.seconds,
        )
        self.package = package
        self.results: list[InvocationResult] = []
        self.after_each: Callable[[], object] = lambda: None

    def _remember(self, function: FunctionConfiguration, result: InvocationResult) -> None:
        self.results.append(result)
        self.after_each()

    def invocations(self) -> list[tuple[str, float, int]]:
        """Return request id, monotonic time and process of each invocation."""
        return sorted((tuple(json.loads(result.log.splitlines()[1])) for result in self.results), key=itemgetter(1))


Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Yield a function that starts a service, stopped after the test."""
    (tmp_path / "handler.py").write_text(MEET + textwrap.dedent(SOURCE))
    with ExitStack() as services:

        def start(concurrency: int = 2, retry_delays: Sequence[timedelta] = QUICK, **configuration: Any) -> Started:
            started = Started(tmp_path, concurrency, retry_delays, configuration)
            services.enter_context(started.service)
            return started

        yield start


@pytest.fixture
def meeting_point() -> Iterator[MeetingPoint]:
    with MeetingPoint() as meeting_point:
        yield meeting_point


@pytest.fixture
def dead_letters(aws: LocalAWS) -> Callable[[], list[dict[str, Any]]]:
    """Return a reader of the dead-letter queue."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=DEAD_LETTERS)["QueueUrl"]

    def read() -> list[dict[str, Any]]:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return [dict(message) for message in received.get("Messages", [])]

    return read


def test_a_function_is_found_by_its_name_and_its_arn(start: Start) -> None:
    service = start().service

    assert service.invoke("f", {"a": 1}).payload == {"a": 1}
    assert service.invoke(f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", {"a": 2}).payload == {"a": 2}
    with pytest.raises(UnknownFunction, match="there is no function g"):
        service.invoke_async("g", {})


def test_an_event_that_fails_for_good_is_tried_three_times_and_then_a_dead_letter(
    start: Start, dead_letters: Callable[[], list[dict[str, Any]]]
) -> None:
    started = start()

    result = started.service.invoke_async("f", {"raise": "no such thing"}).result(PATIENCE_SECONDS)

    (first, *_), (second, *_), (third, *_) = invocations = started.invocations()
    assert first == second == third == result.request_id
    times = [time for _, time, _ in invocations]
    assert times[1] - times[0] >= 0.1
    assert times[2] - times[1] >= 0.2
    (letter,) = dead_letters()
    assert json.loads(letter["Body"]) == {"raise": "no such thing"}
    assert {name: attribute["StringValue"] for name, attribute in letter["MessageAttributes"].items()} == {
        "RequestID": result.request_id,
        "ErrorCode": "200",
        "ErrorMessage": "no such thing",
    }
    assert letter["MessageAttributes"]["ErrorCode"]["DataType"] == "Number"


def test_an_event_that_succeeds_in_the_end_is_no_dead_letter(
    start: Start, dead_letters: Callable[[], list[dict[str, Any]]]
) -> None:
    started = start()

    def mend() -> None:
        if len(started.results) == 2:
            (started.package / "what-it-needs").touch()

    started.after_each = mend
    result = started.service.invoke_async("f", {"needs": "what-it-needs"}).result(PATIENCE_SECONDS)

    assert result.error is None
    assert [result.error is None for result in started.results] == [False, False, True]
    assert len({process for *_, process in started.invocations()}) == 3
    assert dead_letters() == []


@pytest.mark.parametrize("retries", [0, 1])
def test_fewer_retries_are_kept_to(
    retries: int, start: Start, dead_letters: Callable[[], list[dict[str, Any]]]
) -> None:
    started = start(retry_delays=AT_ONCE, retries=retries)

    started.service.invoke_async("f", {"raise": "no"}).result(PATIENCE_SECONDS)

    assert len(started.invocations()) == 1 + retries
    assert len(dead_letters()) == 1


@pytest.mark.parametrize(("minutes", "attempts"), [(29, 3), (31, 2), (61, 1)])
def test_an_event_that_has_grown_too_old_is_not_tried_again(
    minutes: int, attempts: int, start: Start, dead_letters: Callable[[], list[dict[str, Any]]]
) -> None:
    started = start(retry_delays=AT_ONCE, maximum_age=timedelta(hours=1))

    def take_long() -> None:
        started.seconds += minutes * 60

    started.after_each = take_long
    started.service.invoke_async("f", {"raise": "no"}).result(PATIENCE_SECONDS)

    assert len(started.invocations()) == attempts
    assert len(dead_letters()) == 1


def test_a_retry_that_would_come_too_late_is_not_waited_for(
    start: Start, dead_letters: Callable[[], list[dict[str, Any]]]
) -> None:
    started = start(retry_delays=(timedelta(0), timedelta(days=1)), maximum_age=timedelta(hours=1))

    started.service.invoke_async("f", {"raise": "no"}).result(PATIENCE_SECONDS)

    assert len(started.invocations()) == 2
    assert len(dead_letters()) == 1


def test_without_a_dead_letter_queue_the_event_is_dropped(start: Start) -> None:
    result = start(dead_letter_arn="").service.invoke_async("f", {"raise": "no"}).result(PATIENCE_SECONDS)

    assert result.error is not None


def test_the_delays_are_lambdas_own() -> None:
    assert [delay.total_seconds() for delay in RETRY_DELAYS] == [60, 120]


def test_invocations_at_once_have_a_sandbox_each_up_to_the_limit(start: Start, meeting_point: MeetingPoint) -> None:
    started = start(concurrency=2)

    answers = [started.service.invoke_async("f", {"meet": meeting_point.port}) for _ in range(4)]
    at_once = {meeting_point.await_one(), meeting_point.await_one()}
    assert len(at_once) == 2
    assert not meeting_point.somebody_is_at_the_door
    for _ in range(2):
        meeting_point.let_go()
        assert meeting_point.await_one() in at_once
    for _ in range(2):
        meeting_point.let_go()

    assert [answer.result(PATIENCE_SECONDS).error for answer in answers] == [None] * 4


def test_the_end_of_the_service_waits_for_no_retry(start: Start) -> None:
    started = start(retry_delays=(timedelta(seconds=PATIENCE_SECONDS),))
    with started.service as service:
        future = service.invoke_async("f", {"raise": "no"})
        wait_until(lambda: started.results)

    assert future.result(0).error is not None
    assert len(started.results) == 1


def was_ended(future: Future[InvocationResult]) -> bool:
    """Return True if the event was dropped early: not run, or not to its end or time limit."""
    error = None if future.cancelled() else future.result(0).error
    return future.cancelled() or (error is not None and error["errorType"] == "Runtime.ExitError")


@pytest.mark.parametrize("moment", ["accepted", "starting", "running"])
def test_the_end_of_the_service_ends_what_runs(moment: str, start: Start, meeting_point: MeetingPoint) -> None:
    starting = {"START_MEETS": str(meeting_point.port)} if moment == "starting" else {}
    with start(environment=starting).service as service:
        future = service.invoke_async("f", {"meet": meeting_point.port})
        if moment != "accepted":
            meeting_point.await_one()

    assert was_ended(future)


def test_the_end_of_the_service_starts_nothing_that_waits_for_a_sandbox(
    start: Start, meeting_point: MeetingPoint
) -> None:
    started = start(concurrency=1)
    with started.service as service:
        running = service.invoke_async("f", {"meet": meeting_point.port})
        meeting_point.await_one()
        waiting = [service.invoke_async("f", {"meet": meeting_point.port}) for _ in range(3)]

    assert was_ended(running)
    assert all(was_ended(future) for future in waiting)
    assert not meeting_point.somebody_is_at_the_door
