"""The sweep beside the same work row by row, and beside the limit: the same rows written by hand-made SQL."""

from benchmarks.section import Section


def measure() -> Section:
    """All of it; some 25 minutes on two cores of their own."""
    from benchmarks.sweep.report import make_section  # noqa: PLC0415 - the programs of this package need none of it

    return make_section()


def counts() -> dict[str, int]:
    """Statements of the project's sweep, BEGIN and COMMIT among them, and the rows that it writes."""
    from benchmarks.sweep.counting import count  # noqa: PLC0415 - as above

    return count()
