"""Requirements of a native library."""

import re
from dataclasses import dataclass

MAGIC = b"\x7fELF"

MACHINES = {62: "x86_64", 183: "arm64"}
"""Lambda's names for the field e_machine of a 64-bit file, two bytes at 18: https://refspecs.linuxfoundation.org."""

VERSION = re.compile(rb"\0GLIBC_(\d+)\.(\d+)[.\d]*(?=\0)")
"""Version of the C library in a string table; each symbol has the version that introduced it."""

NAME = re.compile(r"\.(so|dylib|pyd|dll)(\.[\d.]+)?$")


@dataclass(frozen=True)
class NativeLibrary:
    """Linux library. `glibc` is the oldest sufficient C library, (0, 0) if it needs none."""

    architecture: str
    glibc: tuple[int, int]
    musl: bool
    """True if it was built for Alpine's C library, which Lambda's runtimes lack."""

    @classmethod
    def read(cls, content: bytes) -> "NativeLibrary":
        """Parse a file. Raises ValueError for a library of another system, such as macOS."""
        if not content.startswith(MAGIC):
            raise ValueError("not an ELF file")
        machine = int.from_bytes(content[18:20], "little")
        versions = [(int(major), int(minor)) for major, minor in VERSION.findall(content)]
        return cls(
            architecture=MACHINES.get(machine, f"machine {machine}"),
            glibc=max(versions, default=(0, 0)),
            musl=b"\0libc.musl-" in content,
        )


def is_native(name: str) -> bool:
    """Return True if a file with this name is a native library of any system."""
    return bool(NAME.search(name))
