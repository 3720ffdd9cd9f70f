"""Feedback benchmark."""

import psycopg

from benchmarks.delivery.contenders import FILLER
from benchmarks.feedback import benchmark
from benchmarks.feedback.benchmark import BATCH, counts
from benchmarks.program import measure_program, run_program
from infra.postgresql import PostgreSQL


def test_every_event_is_recorded_and_moves_its_mail_in_each_run_anew() -> None:
    with PostgreSQL() as server:
        run_program(FILLER, "12", "0", DATABASE_URL=server.url)
        for _ in range(2):
            measurement = measure_program(benchmark.RUN, "12", DATABASE_URL=server.url)
            assert (measurement.units, measurement.cpu > 0, measurement.backend_cpu > 0) == (24, True, True)
            with psycopg.connect(server.url) as connection:
                states = connection.execute("SELECT state FROM notifications_notification WHERE channel = 'ses'")
                assert {state for (state,) in states} == {"delivered"}


def test_queries_are_those_of_one_batch() -> None:
    ((name, queries),) = counts().items()
    assert name == f"queries of {BATCH} events"
    assert 1 <= queries < BATCH
