"""What one request and one expiry take of each service: from what was measured, and what AWS says of Lambda's CPU."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.costs import prices
from benchmarks.costs.measured import measured
from benchmarks.costs.prices import Price

MEMORY_MEGABYTES = 512  # memory_size of zappa_settings.json
MEGABYTES_OF_A_CORE = 1769
"""A function with so much memory has one core, with less its share of one.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

UNITS_OF_A_CORE = 4
"""Aurora's capacity unit has 2 GiB, and the instances that Aurora runs on 8 GiB a core.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works.html
"""

ROUND_TRIP = 0.001
"""Seconds to the database and back, in one zone; assumed."""

CALL = 0.05
"""Seconds that SES and SNS take to answer; assumed."""

THREADS = 8  # DELIVERY_THREADS
EVENTS_A_CALL = 10
FEEDBACK = 2
"""Events of SES a mail: sent, delivered. SNS publishes them to a queue, of which Lambda takes ten at once."""

FEEDBACK_AT_ONCE = 10

TRANSITION_ACCESSES = 10
"""Reads and writes of Aurora's storage for one transition; assumed."""

PAGE_KILOBYTES, ANSWER_KILOBYTES = 20, 2
LOG_KILOBYTES = 1.2
"""Of an invocation: its JSON lines, a job's metrics among them, and Lambda's START, END and REPORT."""

Quantities = Mapping[Price, float]


def core_share(megabytes: float) -> float:
    """The part of a core that one thread of a function of so much memory has."""
    return min(1.0, megabytes / MEGABYTES_OF_A_CORE)


@dataclass(frozen=True)
class Overlap:
    """A wait for AWS in which other threads compute: what is longer than their `cpu` takes holds the function up."""

    wait: float
    cpu: float

    def seconds(self, megabytes: float) -> float:
        """How long nothing is computed."""
        return max(0.0, self.wait - self.cpu / core_share(megabytes))


@dataclass(frozen=True)
class Operation:
    """One of something. `cpu` is the function's, `backend_cpu` PostgreSQL's, `waits` what else the function waits for.

    Seconds, all of them.
    """

    cpu: float
    backend_cpu: float
    waits: float
    others: Quantities = field(default_factory=dict)
    overlaps: tuple[Overlap, ...] = ()

    def seconds(self, megabytes: float = MEMORY_MEGABYTES) -> float:
        """How long the function is busy with it, and billed."""
        idle = sum(overlap.seconds(megabytes) for overlap in self.overlaps)
        return self.cpu / core_share(megabytes) + self.backend_cpu + self.waits + idle

    def quantities(self, megabytes: float = MEMORY_MEGABYTES) -> dict[Price, float]:
        """What is billed, in each price's unit."""
        return {
            prices.LAMBDA_SECOND: self.seconds(megabytes) * megabytes / 1024,
            prices.CAPACITY_HOUR: self.backend_cpu * UNITS_OF_A_CORE / 3600,
            **self.others,
        }


def request(endpoint: str, kilobytes: float, accesses: float = 0) -> Operation:
    """A request that the HTTP benchmark knows by this name."""
    figures = measured()
    return Operation(
        cpu=figures[f"{endpoint}, CPU"].value,
        backend_cpu=figures[f"{endpoint}, CPU of PostgreSQL"].value,
        waits=figures[f"{endpoint}, queries"].value * ROUND_TRIP,
        others={
            prices.LAMBDA_REQUEST: 1,
            prices.API_REQUEST: 1,
            prices.LOG_GIGABYTE: LOG_KILOBYTES / 1e6,
            prices.STORAGE_ACCESS: accesses,
            prices.EGRESS_GIGABYTE: kilobytes / 1e6,
        },
    )


def sweep() -> Operation:
    """One subscription expired, its event and two notifications written."""
    figures = measured()
    return Operation(
        figures["expiry, CPU"].value,
        figures["expiry, CPU of PostgreSQL"].value,
        figures["expiry, queries"].value * ROUND_TRIP,
        {prices.STORAGE_ACCESS: TRANSITION_ACCESSES},
    )


def mail() -> Operation:
    """One mail composed and sent, one a call and several at a time."""
    return _message("mail", CALL / THREADS, {prices.SES_MAIL: 1})


def event() -> Operation:
    """One event published, ten a call and several calls at a time."""
    return _message("event", CALL / THREADS / EVENTS_A_CALL, {prices.SNS_PUBLISH: 1})


def feedback() -> Operation:
    """What SES says of one mail, taken in."""
    figures = measured()
    invocations = FEEDBACK / FEEDBACK_AT_ONCE
    return Operation(
        cpu=FEEDBACK * figures["event of SES, CPU"].value,
        backend_cpu=FEEDBACK * figures["event of SES, CPU of PostgreSQL"].value,
        waits=invocations * figures["ten events of SES, queries"].value * ROUND_TRIP,
        others={
            prices.LAMBDA_REQUEST: invocations,
            prices.SNS_PUBLISH: FEEDBACK,
            prices.SQS_REQUEST: 2 * invocations,
            prices.LOG_GIGABYTE: invocations * LOG_KILOBYTES / 1e6,
        },
    )


def _message(name: str, wait: float, others: Quantities) -> Operation:
    figures = measured()
    cpu, backend_cpu = figures[f"{name}, CPU"].value, figures[f"{name}, CPU of PostgreSQL"].value
    return Operation(cpu, backend_cpu, 0, others, (Overlap(wait, cpu),))


def together(*parts: Operation) -> Operation:
    """All of them, one after the other."""
    others: dict[Price, float] = {}
    for part in parts:
        for price, quantity in part.others.items():
            others[price] = others.get(price, 0) + quantity
    return Operation(
        sum(part.cpu for part in parts),
        sum(part.backend_cpu for part in parts),
        sum(part.waits for part in parts),
        others,
        tuple(overlap for part in parts for overlap in part.overlaps),
    )


def operations() -> dict[str, Operation]:
    """What a million is reckoned of."""
    return {
        "page of plans": request("plans", PAGE_KILOBYTES),
        "API, own subscriptions": request("API subscriptions", ANSWER_KILOBYTES),
        "API, subscribe": request("API POST subscribe", ANSWER_KILOBYTES, TRANSITION_ACCESSES),
        "sign in": request("POST sign in", ANSWER_KILOBYTES),
        "expiry, mail and event": together(sweep(), mail(), event(), feedback()),
    }
