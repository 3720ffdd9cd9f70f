"""A package as tests get it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BuiltPackage:
    """`make package` of the stage dev: the zip, and the directory in which it lies unpacked and read-only."""

    archive: Path
    directory: Path
