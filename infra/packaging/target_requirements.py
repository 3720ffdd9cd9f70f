"""Locked requirements for another machine; pip would evaluate markers for the Python that runs it."""

import re
from collections.abc import Iterator

from packaging.requirements import Requirement

from infra.packaging.lambda_target import MACHINES, LambdaTarget
from infra.packaging.package_contents import is_deployed

ENTRY = re.compile(r"^(?P<requirement>[A-Za-z0-9][^\\\n]*)(?P<hashes>(?:\\\n +--hash=\S+ ?)+)", re.MULTILINE)
"""Requirement in a lock file with its hashes on separate lines."""


def requirements_for(target: LambdaTarget, locked: str) -> str:
    """Return the lock file's entries deployed to the target, without their markers."""
    return "".join(_entries(target, locked))


def _entries(target: LambdaTarget, locked: str) -> Iterator[str]:
    environment = _environment(target)
    for entry in ENTRY.finditer(locked):
        requirement = Requirement(entry["requirement"])
        if not is_deployed(requirement.name):
            continue
        if requirement.marker is None or requirement.marker.evaluate(environment):
            requirement.marker = None
            yield f"{requirement} {entry['hashes']}\n"


def _environment(target: LambdaTarget) -> dict[str, str]:
    """Return Lambda's environment markers.

    https://packaging.python.org/en/latest/specifications/dependency-specifiers/
    """
    version = ".".join(map(str, target.runtime.version))
    return {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": MACHINES[target.architecture],
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }
