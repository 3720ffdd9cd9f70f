"""The packages of Lambda's Python runtime: its interface client, and boto3."""

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

BROUGHT = ("awslambdaric", "boto3")
BUILD = Path(__file__).resolve().parents[3] / "build"
NAME = re.compile(r"[A-Za-z0-9._-]+")


def runtime_directory() -> Path:
    """Return a directory with these packages and their requirements, and nothing else of the environment.

    Made once for each set of versions, in `build`.
    """
    distributions = _with_requirements(BROUGHT)
    versions = " ".join([sys.version, *sorted(f"{found.name}={found.version}" for found in distributions)])
    directory = BUILD / f"lambda-runtime-{hashlib.sha256(versions.encode()).hexdigest()[:12]}"
    if not directory.exists():
        _copy(distributions, directory)
    return directory


def _with_requirements(names: Iterable[str]) -> list[Distribution]:
    waiting, found = list(names), dict[str, Distribution]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            waiting += [_name(required) for required in found[name].requires or [] if "extra ==" not in required]
    return list(found.values())


def _name(requirement: str) -> str:
    match = NAME.match(requirement)
    return match[0] if match else requirement


def _copy(distributions: Iterable[Distribution], directory: Path) -> None:
    BUILD.mkdir(exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="lambda-runtime-", dir=BUILD))
    for brought in distributions:
        for file in brought.files or []:
            if ".." not in file.parts:  # the environment's programs
                target = unfinished / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(str(brought.locate_file(file)), target)
    unfinished.chmod(0o755)
    try:
        unfinished.rename(directory)
    except OSError:  # somebody else was quicker
        shutil.rmtree(unfinished)
