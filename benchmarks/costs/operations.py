"""Resources per operation, derived from measurements and AWS's specification of Lambda's CPU."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.costs import prices
from benchmarks.costs.measured import measured
from benchmarks.costs.prices import Price

MEMORY_MEGABYTES = 512  # memory_size of zappa_settings.json
MEGABYTES_OF_A_CORE = 1769
"""Memory at which a function has one core; with less it has a proportional share.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

UNITS_OF_A_CORE = 4
"""Aurora capacity units per core: a unit has 2 GiB, and Aurora's instances 8 GiB per core.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works.html
"""

ROUND_TRIP = 0.001
"""Seconds per round trip to the database in the same zone; assumed."""

CALL = 0.05
"""Response time of SES and SNS in seconds; assumed."""

THREADS = 8  # DELIVERY_THREADS
EVENTS_A_CALL = 10
FEEDBACK = 2
"""SES events per mail: Send and Delivery. SNS publishes them to a queue, from which Lambda reads ten at once."""

FEEDBACK_AT_ONCE = 10

TRANSITION_ACCESSES = 10
"""Reads and writes of Aurora's storage per transition; assumed."""

PAGE_KILOBYTES, ANSWER_KILOBYTES = 20, 2
LOG_KILOBYTES = 1.2
"""Log volume per invocation: JSON lines including metrics, and Lambda's START, END and REPORT."""

Quantities = Mapping[Price, float]


def core_share(megabytes: float) -> float:
    """Return the share of a core for one thread of a function with this much memory."""
    return min(1.0, megabytes / MEGABYTES_OF_A_CORE)


@dataclass(frozen=True)
class Overlap:
    """Wait for AWS while other threads compute: the excess over their `cpu` time blocks the function."""

    wait: float
    cpu: float

    def seconds(self, megabytes: float) -> float:
        """Return the seconds without computation."""
        return max(0.0, self.wait - self.cpu / core_share(megabytes))


@dataclass(frozen=True)
class Operation:
    """Resources of one operation, in seconds.

    `cpu` is the function's, `backend_cpu` PostgreSQL's, `waits` the other waiting time of the function.
    """

    cpu: float
    backend_cpu: float
    waits: float
    others: Quantities = field(default_factory=dict)
    overlaps: tuple[Overlap, ...] = ()

    def seconds(self, megabytes: float = MEMORY_MEGABYTES) -> float:
        """Return the seconds of the function, as billed."""
        idle = sum(overlap.seconds(megabytes) for overlap in self.overlaps)
        return self.cpu / core_share(megabytes) + self.backend_cpu + self.waits + idle

    def quantities(self, megabytes: float = MEMORY_MEGABYTES) -> dict[Price, float]:
        """Return the billed quantities, in each price's unit."""
        return {
            prices.LAMBDA_SECOND: self.seconds(megabytes) * megabytes / 1024,
            prices.CAPACITY_HOUR: self.backend_cpu * UNITS_OF_A_CORE / 3600,
            **self.others,
        }


def request(endpoint: str, kilobytes: float, accesses: float = 0) -> Operation:
    """Return the resources of a request, by its name in the HTTP benchmark."""
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
    """Return the resources of one expiry: subscription, event and two notifications."""
    figures = measured()
    return Operation(
        figures["expiry, CPU"].value,
        figures["expiry, CPU of PostgreSQL"].value,
        figures["expiry, queries"].value * ROUND_TRIP,
        {prices.STORAGE_ACCESS: TRANSITION_ACCESSES},
    )


def mail() -> Operation:
    """Return the resources of one mail: one per call, several calls at a time."""
    return _message("mail", CALL / THREADS, {prices.SES_MAIL: 1})


def event() -> Operation:
    """Return the resources of one event: ten per call, several calls at a time."""
    return _message("event", CALL / THREADS / EVENTS_A_CALL, {prices.SNS_PUBLISH: 1})


def feedback() -> Operation:
    """Return the resources of processing SES feedback for one mail."""
    figures = measured()
    invocations = FEEDBACK / FEEDBACK_AT_ONCE
    return Operation(
        cpu=FEEDBACK * figures["SES event, CPU"].value,
        backend_cpu=FEEDBACK * figures["SES event, CPU of PostgreSQL"].value,
        waits=invocations * figures["ten SES events, queries"].value * ROUND_TRIP,
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
    """Return the sum of operations that run one after the other."""
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
    """Return the operations in the table of costs per million."""
    return {
        "page of plans": request("plans", PAGE_KILOBYTES),
        "API, own subscriptions": request("API subscriptions", ANSWER_KILOBYTES),
        "API, subscribe": request("API POST subscribe", ANSWER_KILOBYTES, TRANSITION_ACCESSES),
        "sign in": request("POST sign in", ANSWER_KILOBYTES),
        "expiry, mail and event": together(sweep(), mail(), event(), feedback()),
    }
