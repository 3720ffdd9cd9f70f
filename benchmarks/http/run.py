"""Run one contender on every request, in a process of its own with the variables of `deployment`.

    python -m benchmarks.http.run CONTENDER REQUESTS [--count]

Prints Measurements of this many requests, by endpoint, as JSON. With `--count` it counts queries, and the times are
invalid.
"""

import argparse
import json
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.http.contenders import CONTENDERS, Contender
from benchmarks.measurement import Measurement
from benchmarks.meter import Meter
from infra.errors import BenchmarkFailed

if TYPE_CHECKING:
    from benchmarks.http.endpoints import Endpoint
    from benchmarks.http.site import Site

WARM_UP = 3
SLOW_REQUESTS = 2


def main() -> None:
    """Build the site, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http.run")
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("requests", type=int)
    parser.add_argument("--count", action="store_true")
    chosen = parser.parse_args()
    contender = CONTENDERS[chosen.contender]()  # starts Django
    measured = _measure_all(contender, chosen.requests, counted=chosen.count)
    print(json.dumps({name: asdict(measurement) for name, measurement in measured.items()}))


def _measure_all(contender: Contender, number: int, *, counted: bool) -> dict[str, Measurement]:
    # Imported late: these load models.
    from benchmarks.http.endpoints import CHANGING, READING  # noqa: PLC0415
    from benchmarks.http.site import build_site  # noqa: PLC0415

    site = build_site()
    measured = {endpoint.name: _measure(contender, endpoint, site, number, counted=counted) for endpoint in READING}
    site.sell(WARM_UP + number)
    for endpoint in CHANGING:
        few = min(number, SLOW_REQUESTS) if endpoint.is_slow else number
        measured[endpoint.name] = _measure(contender, endpoint, site, few, counted=counted)
    return measured


def _measure(contender: Contender, endpoint: "Endpoint", site: "Site", number: int, *, counted: bool) -> Measurement:
    from benchmarks.http.clients import event  # noqa: PLC0415

    connection.close()  # Django replaces one of more than CONN_MAX_AGE, and the backend that is measured would be gone
    warm_up = min(WARM_UP, number)
    events = [event(endpoint.request(site, index)) for index in range(warm_up + number)]
    prepared = [contender.prepare(each) for each in events]
    statuses = [contender.answer(each) for each in prepared[:warm_up]]
    connection.queries_log.clear()
    with CaptureQueriesContext(connection) if counted else nullcontext(), Meter(_backend()) as meter:
        statuses += [contender.answer(each) for each in prepared[warm_up:]]
    if set(statuses) != {endpoint.status}:
        raise BenchmarkFailed(f"{endpoint.name} was answered with {sorted(set(statuses))}")
    return meter.measurement(number, len(connection.queries_log))


def _backend() -> int:
    """Return the process id of the local PostgreSQL backend that serves this connection."""
    connection.ensure_connection()
    pid: int = connection.connection.info.backend_pid
    return pid


if __name__ == "__main__":
    main()
