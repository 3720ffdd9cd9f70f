"""Delivery, compared with one boto3 call after the other, and claims in a table with a long history."""

from benchmarks.section import Section


def measure() -> Section:
    """Measure everything; takes 15 minutes on two idle cores."""
    from benchmarks.delivery.report import make_section  # noqa: PLC0415 - not needed by the programs of this package

    return make_section()


def counts() -> dict[str, int]:
    """Count statements and AWS calls for 1,000 messages."""
    from benchmarks.delivery.contenders import count  # noqa: PLC0415 - as above

    return count()
