"""Comparison of a package for another machine with the tested one of the same release, file by file."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

from infra.errors import PackagesDiffer
from infra.packaging.native_library import is_native

METADATA = ".dist-info/METADATA"


@dataclass(frozen=True)
class PackageComparison:
    """Names of files that only one of the packages has, or that differ."""

    native: frozenset[str]
    bytecode: frozenset[str]
    other: frozenset[str]

    @classmethod
    def of(cls, here: Path, elsewhere: Path) -> "PackageComparison":
        """Compare two zips. Ignores packages that one Python needs and the other has built in."""
        ours, theirs = _read(here), _read(elsewhere)
        different = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
        native = frozenset(filter(is_native, different))
        bytecode = frozenset(name for name in different if name.endswith(".pyc"))
        of_one = _modules_of(ours) ^ _modules_of(theirs)
        other = frozenset(name for name in different - native - bytecode if name.partition("/")[0] not in of_one)
        return cls(native, bytecode, other)

    def __str__(self) -> str:
        return f"{len(self.native)} native libraries and {len(self.bytecode)} compiled modules differ, nothing else"

    def refuse_others(self) -> None:
        """Raise PackagesDiffer if other files differ, because the test would then prove nothing."""
        if self.other:
            names = "\n".join(f"- {name}" for name in sorted(self.other))
            raise PackagesDiffer(f"Wheels for the two machines contain different files:\n{names}")


def _read(package: Path) -> Mapping[str, bytes]:
    with ZipFile(package) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def _modules_of(files: Mapping[str, bytes]) -> set[str]:
    """Return top-level names of installed packages that consist of one module, and of their metadata."""
    names = set()
    for name in files:
        if name.endswith(METADATA):
            installed = Parser().parsestr(files[name].decode(errors="replace"), headersonly=True)["Name"]
            names |= {name.partition("/")[0], f"{installed.replace('-', '_')}.py"}
    return names
