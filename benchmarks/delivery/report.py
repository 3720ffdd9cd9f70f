"""Section of docs/performance.md on delivery."""

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from benchmarks.delivery.claim_times import CLAIMS
from benchmarks.delivery.contenders import (
    ANSWER_SECONDS,
    CHANNELS,
    DEFAULT_THREADS,
    ONE_BY_ONE,
    PROJECT,
    SES,
    SNS,
    Ground,
    ground,
)  # fmt: skip
from benchmarks.measurement import MEBIBYTE, Measurement
from benchmarks.program import run_program
from benchmarks.rounds import Rounds, run_in_turn
from benchmarks.section import Aim, Chart, Section, Table, shown

ROUNDS = 3
MESSAGES = 10_000
SAMPLE = 500
"""Messages sent one by one or by a single thread; the time per message is constant."""
THREADS = (1, 4, 16)
COUNTED = 1_000
FINISHED = 2_000_000
CLAIM_LIMITS = {SES: 32, SNS: 320}
"""Rows per claim with DEFAULT_THREADS."""
TIMES_ONE_BY_ONE = {SES: 5, SNS: 40}
CLAIM_MILLISECONDS = 25

TEXT = f"""
Messages go to a fake AWS in a process of its own that answers each call after {ANSWER_SECONDS * 1000:.0f} ms. **One
by one** is a loop of boto3's `send_email` or `publish` with one client, which saves each row after its message; it is
measured over {SAMPLE} messages. The **project** is `Delivery`, with 1, 4 and 16 threads, over {MESSAGES:,} messages
(one thread: {SAMPLE} mails). All of them render, sign and record mails. Claims are timed among
{FINISHED:,} finished notifications: {CLAIMS} claims per channel, each for as many rows as the default of
{DEFAULT_THREADS} threads processes at once.
"""


@dataclass(frozen=True)
class Channel:
    """Measurements of one channel."""

    name: str
    rounds: Rounds
    counts: Mapping[str, tuple[int, int]]
    """AWS calls and statements for COUNTED messages, by contender."""

    def times_one_by_one(self, contender: str) -> float:
        """Return the rate as a multiple of one by one."""
        return self.rounds.ratio(contender, ONE_BY_ONE, lambda measurement: measurement.rate)

    def table(self) -> Table:
        """Return the table with a row per contender."""
        columns = [
            CHANNELS[self.name], "per second", "times one by one", "calls/1,000", "queries/1,000", "CPU us per message",
            "peak memory, MiB",
        ]  # fmt: skip
        return Table(f"{MESSAGES:,} {CHANNELS[self.name]}", columns, [self._row(name) for name in self.rounds.taken])

    def _row(self, contender: str) -> list[str]:
        median = self.rounds.median(contender)
        calls, queries = self.counts[contender]
        return [
            contender, shown(median.rate), shown(self.times_one_by_one(contender)), f"{calls:,}", f"{queries:,}",
            shown(median.cpu_each), shown(median.peak_memory / MEBIBYTE),
        ]  # fmt: skip


def make_section() -> Section:
    """Measure everything."""
    with ground(MESSAGES, 0, ANSWER_SECONDS) as filled:
        channels = [_measure(filled, channel) for channel in CHANNELS]
    with ground(MESSAGES * 7, FINISHED, 0.0) as filled:
        claims = {channel: _claims(filled, channel) for channel in CHANNELS}
    return Section(
        title="Delivery",
        text=TEXT.strip(),
        tables=[*(channel.table() for channel in channels), _claim_table(claims)],
        charts=[_chart(channels)],
        aims=list(_aims(channels, claims)),
        figures=_figures(channels, claims),
        raw={"channels": channels, "claims": claims},
    )


def _measure(filled: Ground, channel: str) -> Channel:
    print(f"{CHANNELS[channel]}: {ROUNDS} rounds ...", flush=True)
    runs = {ONE_BY_ONE: partial(filled.run, ONE_BY_ONE, channel, SAMPLE)}
    runs |= {
        _name(threads): partial(filled.run, PROJECT, channel, _number(channel, threads), threads=threads)
        for threads in THREADS
    }
    counts = {ONE_BY_ONE: filled.calls(ONE_BY_ONE, channel, COUNTED, 1)}
    counts |= {_name(threads): filled.calls(PROJECT, channel, COUNTED, threads) for threads in THREADS}
    return Channel(channel, run_in_turn(runs, ROUNDS), counts)


def _number(channel: str, threads: int) -> int:
    return SAMPLE if channel == SES and threads == 1 else MESSAGES


def _name(threads: int) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}"


def _claims(filled: Ground, channel: str) -> list[float]:
    print(f"claims of {CHANNELS[channel]} ...", flush=True)
    module = "benchmarks.delivery.claim_times"
    seconds: list[float] = run_program(
        module, channel, str(CLAIM_LIMITS[channel]), DATABASE_URL=filled.database_url
    )  # fmt: skip
    return seconds


def _percentile(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100)[percent - 1] * 1000


def _claim_table(claims: Mapping[str, list[float]]) -> Table:
    rows = [
        [
            f"{CLAIM_LIMITS[channel]} {CHANNELS[channel]}",
            *(f"{_percentile(seconds, rank):.1f}" for rank in (50, 95, 99)),
        ]
        for channel, seconds in claims.items()
    ]
    return Table(f"A claim among {FINISHED:,}, ms", ["", "p50", "p95", "p99"], rows)


def _aims(channels: list[Channel], claims: Mapping[str, list[float]]) -> Iterator[Aim]:
    for channel in channels:
        messages, best = CHANNELS[channel.name], _name(THREADS[-1])
        yield Aim(
            f"{messages}, {best}, times one by one", channel.times_one_by_one(best), TIMES_ONE_BY_ONE[channel.name],
            at_least=True, because=_rest(channel.rounds.median(best)),
        )  # fmt: skip
    for name, seconds in claims.items():
        yield Aim(
            f"p95 of a claim of {CHANNELS[name]}",
            _percentile(seconds, 95),
            CLAIM_MILLISECONDS,
            at_least=False,
            because=f"The median is {_percentile(seconds, 50):.1f} ms; the cause of the slowest ones was not measured.",
            unit="ms",
        )


def _rest(median: Measurement) -> str:
    """Return the distribution of the time."""
    busy = (median.cpu + median.backend_cpu) / median.wall
    return f"Client and backend kept {shown(busy)} cores busy, {shown(median.cpu_each)} us per message."


def _chart(channels: list[Channel]) -> Chart:
    labels = [ONE_BY_ONE, *map(_name, THREADS)]
    series = {CHANNELS[channel.name]: [channel.rounds.median(label).rate for label in labels] for channel in channels}
    return Chart("rate", "Messages per second", labels, series, logarithmic=True)


def _figures(channels: list[Channel], claims: Mapping[str, list[float]]) -> dict[str, float]:
    figures = {f"claim of {CHANNELS[name]} p95 ms": _percentile(seconds, 95) for name, seconds in claims.items()}
    for channel in channels:
        best = channel.rounds.median(_name(THREADS[-1]))
        figures[f"{CHANNELS[channel.name]}: CPU"] = best.cpu / best.units
        figures[f"{CHANNELS[channel.name]}: backend CPU"] = best.backend_cpu / best.units
        for contender in channel.rounds.taken:
            name, median = f"{CHANNELS[channel.name]}, {contender}", channel.rounds.median(contender)
            calls, queries = channel.counts[contender]
            figures[f"{name}: messages/s"] = median.rate
            figures[f"{name}: times one by one"] = channel.times_one_by_one(contender)
            figures[f"{name}: CPU us each"] = median.cpu_each
            figures[f"{name}: peak memory bytes"] = median.peak_memory
            figures[f"{name}: calls/1,000"] = calls
            figures[f"{name}: queries/1,000"] = queries
    return figures
