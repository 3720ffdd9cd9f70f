"""The machine that a package is for: one of Lambda's runtimes on one of its architectures."""

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from infra.packaging.lambda_runtimes import LambdaRuntime, runtime_named, runtime_of

MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's names of architectures, and those of Linux and of wheels."""

OLDEST_GLIBC = 17
"""The minor version of the C library that the oldest wheels still published are for, manylinux2014."""


@dataclass(frozen=True)
class LambdaTarget:
    """A runtime and an architecture, as Lambda names it."""

    runtime: LambdaRuntime
    architecture: str

    @classmethod
    def of_stage(cls, settings: Mapping[str, Any]) -> Self:
        """Return what Zappa makes of a stage's settings. Raises UnsupportedPython."""
        named = settings.get("runtime")
        return cls(
            runtime_named(named) if named else runtime_of(),
            settings.get("architecture", "x86_64"),
        )

    @classmethod
    def here(cls) -> Self:
        """Return the target that is like this machine. Its architecture is empty where this is no Linux."""
        machines = {machine: name for name, machine in MACHINES.items()}
        return cls(runtime_of(), machines.get(platform.machine(), "") if sys.platform == "linux" else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what str() wrote. Raises UnsupportedPython."""
        runtime, architecture = text.split()
        return cls(runtime_named(runtime), architecture)

    def __str__(self) -> str:
        return f"{self.runtime.name} {self.architecture}"

    @property
    def runs_here(self) -> bool:
        """True if this machine can run such a package."""
        return self == self.here()

    @property
    def platforms(self) -> list[str]:
        """Tags of the wheels that work there, the newest first: https://peps.python.org/pep-0600/."""
        machine, (major, minor) = MACHINES[self.architecture], self.runtime.glibc
        versions = range(minor, OLDEST_GLIBC - 1, -1)
        return [*(f"manylinux_{major}_{version}_{machine}" for version in versions), f"manylinux2014_{machine}"]
