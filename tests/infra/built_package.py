"""Package for tests."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BuiltPackage:
    """`make package` of the stage dev: the zip, and a read-only directory with its content."""

    archive: Path
    directory: Path
