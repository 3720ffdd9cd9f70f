"""The jobs that run every minute: without a gate, behind a closed one, and with work to do."""

from benchmarks.program import run_program
from benchmarks.section import Section, Table, shown
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.postgresql import PostgreSQL

RUN = "benchmarks.tick.run"
MINUTES = 100
DUE = 1

MORE = ("busy, gate", "closing", "idle, payments", "asleep, payments", "closing, payments")
"""Kinds of minutes whose queries alone have a bound."""

Tick = dict[str, float]
"""Figures per minute: `cpu` and `backend` in ms, `queries`, `writes` of the delivery, and `log` in bytes."""

TEXT = f"""\
The sweep and the delivery as the schedule's events start them each minute, each with a connection of its own; means of
{MINUTES} minutes after ten others. *Idle* is a minute without work and without `GATE_TABLE`; "Single
measurements" has what it was before the gate. *Asleep* is one behind a closed gate, whose table is a local emulator,
*busy* one in which {DUE} subscription ends, and its mail and event go to the emulator, *busy, gate* the same behind the
gate, which the delivery closes, and *closing* one without work behind an open gate: the sweep closes it, and what
follows sleeps. With *payments* the job of payments runs as well, with `PAYMENT_PROVIDER=manual`. The CPU of the
emulator is not counted. A log line counts as CloudWatch charges it, without the 26 bytes of its own overhead."""


def measure() -> Section:
    """Measure each kind of minute."""
    ticks = _ticks(MINUTES)
    return Section("A minute of the schedule", TEXT, [_table(ticks)], figures=_figures(ticks))


def counts() -> dict[str, int]:
    """Count statements, writing ones of the delivery, and bytes of log per minute."""
    ticks = _ticks(3, "--count")
    found = {f"queries of an {name} minute": ticks[name]["queries"] for name in ("idle", "asleep")}
    found |= {f"bytes of log of an {name} minute": ticks[name]["log"] for name in ("idle", "asleep")}
    found |= {f"queries of a minute: {name}": ticks[name]["queries"] for name in MORE}
    found |= {"writing statements of an idle delivery": ticks["idle"]["writes"]}
    found |= {"queries of a busy minute": ticks["busy"]["queries"]}
    return {name: round(value) for name, value in found.items()}


def _ticks(minutes: int, *options: str) -> dict[str, Tick]:
    topic = "arn:aws:sns:us-east-1:123456789012:subscription-events"
    with PostgreSQL() as server, LocalAWS(topic_arn=topic, from_address="subscriptions@example.com"):
        found: dict[str, Tick] = run_program(RUN, str(minutes), *options, DATABASE_URL=server.url, SNS_TOPIC_ARN=topic)
    return found


def _table(ticks: dict[str, Tick]) -> Table:
    columns = ["minute", "CPU ms", "CPU of PostgreSQL, ms", "queries", "bytes of log"]
    rows = [
        [name, shown(tick["cpu"]), shown(tick["backend"]), f"{tick['queries']:.0f}", f"{tick['log']:,.0f}"]
        for name, tick in ticks.items()
    ]
    return Table("Per minute, all jobs together", columns, rows)


def _figures(ticks: dict[str, Tick]) -> dict[str, float]:
    return {f"{name}: {what}": value for name, tick in ticks.items() for what, value in tick.items()}
