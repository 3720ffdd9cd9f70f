"""Target machine of a package: a Lambda runtime on an architecture."""

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from infra.packaging.lambda_runtimes import LambdaRuntime, runtime_named, runtime_of

MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Architecture names of Lambda, and of Linux and wheels."""

OLDEST_GLIBC = 17
"""Minor version of the C library for the oldest wheels still published, manylinux2014."""


@dataclass(frozen=True)
class LambdaTarget:
    """Runtime and architecture, by Lambda's names."""

    runtime: LambdaRuntime
    architecture: str

    @classmethod
    def of_stage(cls, settings: Mapping[str, Any]) -> Self:
        """Return the target of a stage, as Zappa reads its settings. Raises UnsupportedPython."""
        named = settings.get("runtime")
        return cls(
            runtime_named(named) if named else runtime_of(),
            settings.get("architecture", "x86_64"),
        )

    @classmethod
    def here(cls) -> Self:
        """Return the target equal to this machine. Its architecture is empty unless this is Linux."""
        machines = {machine: name for name, machine in MACHINES.items()}
        return cls(runtime_of(), machines.get(platform.machine(), "") if sys.platform == "linux" else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the result of str(). Raises UnsupportedPython."""
        runtime, architecture = text.split()
        return cls(runtime_named(runtime), architecture)

    def __str__(self) -> str:
        return f"{self.runtime.name} {self.architecture}"

    @property
    def runs_here(self) -> bool:
        """True if this machine can run the package."""
        return self == self.here()

    @property
    def platforms(self) -> list[str]:
        """Tags of compatible wheels, the newest first: https://peps.python.org/pep-0600/."""
        machine, (major, minor) = MACHINES[self.architecture], self.runtime.glibc
        versions = range(minor, OLDEST_GLIBC - 1, -1)
        return [*(f"manylinux_{major}_{version}_{machine}" for version in versions), f"manylinux2014_{machine}"]
