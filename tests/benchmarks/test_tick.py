"""Benchmark of a minute of the schedule."""

from benchmarks.tick.benchmark import counts


def test_minute_asleep_asks_no_database_and_an_idle_delivery_writes_nothing() -> None:
    counted = counts()
    assert counted["queries of an asleep minute"] == 0
    assert counted["writing statements of an idle delivery"] == 0
    assert 0 < counted["bytes of log of an asleep minute"] < counted["bytes of log of an idle minute"]
    assert 0 < counted["queries of an idle minute"] < counted["queries of a busy minute"]
