"""Contenders on one database, each in a process of its own against the fake AWS."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.delivery.fake_aws import FakeAWS
from benchmarks.measurement import Measurement
from benchmarks.program import measure_program, run_program
from infra.errors import BenchmarkFailed
from infra.postgresql import PostgreSQL

FILLER, RUNNER = "benchmarks.delivery.fill", "benchmarks.delivery.run"
ONE_BY_ONE, PROJECT = "one by one", "project"
SES, SNS = "ses", "sns"
CHANNELS = {SES: "mails", SNS: "events"}
ANSWER_SECONDS = 0.025
"""Typical response time of AWS."""
DEFAULT_THREADS = 8
COUNTED = 1_000
ROOM = 4 << 30
"""Bytes, for the 2,000,000 notifications among which claims are timed."""
KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True)
class Ground:
    """Filled database and fake AWS."""

    database_url: str
    aws: FakeAWS

    def run(self, contender: str, channel: str, number: int, *options: str, threads: int = 1) -> Measurement:
        """Run once. Raises BenchmarkFailed unless AWS accepted the expected number of messages."""
        before, _ = self.aws.counted()
        measurement = measure_program(
            RUNNER, contender, channel, str(number), *options,
            DATABASE_URL=self.database_url, AWS_ENDPOINT_URL=self.aws.url, DELIVERY_THREADS=str(threads), **KEYS,
        )  # fmt: skip
        after, _ = self.aws.counted()
        if measurement.units != number or after - before != number + 1:  # one of them is the warm-up
            raise BenchmarkFailed(f"of {number} {channel} {measurement.units} were sent and {after - before} arrived")
        return measurement

    def calls(self, contender: str, channel: str, number: int, threads: int) -> tuple[int, int]:
        """Return the number of AWS calls and of statements."""
        _, before = self.aws.counted()
        measurement = self.run(contender, channel, number, "--count", threads=threads)
        _, after = self.aws.counted()
        return after - before - 1, int(measurement.queries)


@contextmanager
def ground(pending: int, finished: int, answer_seconds: float) -> Iterator[Ground]:
    """Yield a database with this many rows, and an AWS with this response time."""
    with PostgreSQL(ROOM) as server, FakeAWS(answer_seconds) as aws:
        run_program(FILLER, str(pending), str(finished), DATABASE_URL=server.url)
        yield Ground(server.url, aws)


def count() -> dict[str, int]:
    """Count the project's calls and statements by channel."""
    counts = {}
    with ground(COUNTED, 0, 0.0) as filled:
        for channel, messages in CHANNELS.items():
            calls, queries = filled.calls(PROJECT, channel, COUNTED, DEFAULT_THREADS)
            counts[f"calls for {COUNTED:,} {messages}"] = calls
            counts[f"queries for {COUNTED:,} {messages}"] = queries
    return counts
