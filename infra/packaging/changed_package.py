"""Package with changed files, to be deployed as the next release."""

from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZipFile


def change_package(package: Path, changed: Path, changes: Mapping[str, Callable[[bytes], bytes]]) -> Path:
    """Copy the zip to `changed`, passing the named files through functions. Raises KeyError for a missing one."""
    with ZipFile(package) as old, ZipFile(changed, "w") as new:
        for name in changes:
            old.getinfo(name)
        for entry in old.infolist():
            change = changes.get(entry.filename, bytes)
            new.writestr(entry, change(old.read(entry)), compress_type=entry.compress_type)
    return changed
