"""Delivery beside one boto3 call after the other, and the claim in a table with a long history."""

from benchmarks.section import Section


def measure() -> Section:
    """All of it; some 15 minutes on two cores of their own."""
    from benchmarks.delivery.report import make_section  # noqa: PLC0415 - the programs of this package need none

    return make_section()


def counts() -> dict[str, int]:
    """Statements and calls to AWS for 1,000 messages."""
    from benchmarks.delivery.contenders import count  # noqa: PLC0415 - as above

    return count()
