"""Storage benchmark."""

import pytest

from benchmarks.storage import benchmark
from benchmarks.storage.benchmark import Size, counts, measure, read_sizes
from benchmarks.storage.size import TABLES


def test_every_table_that_grows_is_measured_with_its_indexes() -> None:
    sizes = read_sizes()
    assert list(sizes) == list(TABLES)
    assert sizes["subscriptions_subscription"].rows == benchmark.SUBSCRIPTIONS
    assert all(size.heap_each > 30 and size.indexes_each > 10 for size in sizes.values())


def test_bytes_are_told_by_row_and_counted_up_to_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "read_sizes", lambda: {"things": Size(rows=10, heap=1_001, indexes=500)})
    section = measure()
    assert section.tables[0].rows == [["things", "100", "50"]]
    assert section.figures == {"things: bytes": pytest.approx(150.1)}
    assert counts() == {"bytes a row of things": 160}
