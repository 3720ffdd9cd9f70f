"""Sweep, compared with the same work row by row and with the limit: hand-written SQL for the same rows."""

from benchmarks.section import Section


def measure() -> Section:
    """Measure everything; takes 25 minutes on two idle cores."""
    from benchmarks.sweep.report import make_section  # noqa: PLC0415 - not needed by the programs of this package

    return make_section()


def counts() -> dict[str, int]:
    """Count the statements of the project's sweep, including BEGIN and COMMIT, and the rows that it writes."""
    from benchmarks.sweep.counting import count  # noqa: PLC0415 - as above

    return count()
