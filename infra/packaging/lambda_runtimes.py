"""AWS Lambda runtimes. The Python that builds a package determines its runtime."""

import sys
from dataclasses import dataclass

from infra.errors import UnsupportedPython


@dataclass(frozen=True)
class LambdaRuntime:
    """Lambda runtime for Python, https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html."""

    version: tuple[int, int]
    glibc: tuple[int, int]
    """Version of the C library."""
    magic: int
    """Number of the bytecode format, from CPython's Include/internal/pycore_magic_number.h."""

    @property
    def name(self) -> str:
        """Name on Lambda."""
        major, minor = self.version
        return f"python{major}.{minor}"

    @property
    def cache_tag(self) -> str:
        """Tag in the names of compiled modules."""
        major, minor = self.version
        return f"cpython-{major}{minor}"

    @property
    def magic_number(self) -> bytes:
        """First bytes of compiled modules."""
        return self.magic.to_bytes(2, "little") + b"\r\n"


AMAZON_LINUX_2 = (2, 26)
"""glibc version, https://docs.aws.amazon.com/AL2/latest/relnotes/relnotes-al2.html."""

AMAZON_LINUX_2023 = (2, 34)
"""glibc version, https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html."""

RUNTIMES = {
    runtime.version: runtime
    for runtime in (
        LambdaRuntime((3, 11), AMAZON_LINUX_2, magic=3495),
        LambdaRuntime((3, 12), AMAZON_LINUX_2023, magic=3531),
        LambdaRuntime((3, 13), AMAZON_LINUX_2023, magic=3571),
        LambdaRuntime((3, 14), AMAZON_LINUX_2023, magic=3627),
    )
}


def runtime_of(version: tuple[int, int] = sys.version_info[:2]) -> LambdaRuntime:
    """Return the runtime with this Python, by default the current one. Raises UnsupportedPython."""
    if version not in RUNTIMES:
        known = ", ".join(f"{major}.{minor}" for major, minor in RUNTIMES)
        raise UnsupportedPython(
            f"Python {version[0]}.{version[1]} cannot build a package. Use {known}, which becomes the runtime"
        )
    return RUNTIMES[version]


def runtime_named(name: str) -> LambdaRuntime:
    """Return the runtime with this name on Lambda. Raises UnsupportedPython."""
    for runtime in RUNTIMES.values():
        if runtime.name == name:
            return runtime
    known = ", ".join(runtime.name for runtime in RUNTIMES.values())
    raise UnsupportedPython(f"a stage's runtime cannot be {name}. Use one of {known}")
