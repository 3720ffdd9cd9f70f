"""The runtimes of AWS Lambda that a package can be made for. The Python that makes a package chooses its runtime."""

import sys
from dataclasses import dataclass

from infra.errors import UnsupportedPython


@dataclass(frozen=True)
class LambdaRuntime:
    """One of Lambda's runtimes for Python, https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html."""

    name: str
    glibc: tuple[int, int]
    """Version of the C library that native code finds there."""


AMAZON_LINUX_2 = (2, 26)
"""glibc, https://docs.aws.amazon.com/AL2/latest/relnotes/relnotes-al2.html."""

AMAZON_LINUX_2023 = (2, 34)
"""glibc, https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html."""

RUNTIMES = {
    (3, 11): LambdaRuntime("python3.11", AMAZON_LINUX_2),
    (3, 12): LambdaRuntime("python3.12", AMAZON_LINUX_2023),
    (3, 13): LambdaRuntime("python3.13", AMAZON_LINUX_2023),
}


def runtime_of(version: tuple[int, int] = sys.version_info[:2]) -> LambdaRuntime:
    """The runtime with this Python, by default the one that runs this program. Raises UnsupportedPython."""
    if version not in RUNTIMES:
        known = ", ".join(f"{major}.{minor}" for major, minor in RUNTIMES)
        raise UnsupportedPython(
            f"Python {version[0]}.{version[1]} cannot make a package; use one of {known}, which becomes the runtime"
        )
    return RUNTIMES[version]
