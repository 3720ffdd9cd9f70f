"""What a native library demands of the machine that loads it."""

import re
from dataclasses import dataclass

MAGIC = b"\x7fELF"

MACHINES = {62: "x86_64", 183: "arm64"}
"""Lambda's names of a 64-bit file's field e_machine, which is two bytes at 18: https://refspecs.linuxfoundation.org."""

VERSION = re.compile(rb"\0GLIBC_(\d+)\.(\d+)[.\d]*(?=\0)")
"""A version of the C library in a table of strings; beside each symbol stands the version that it came with."""

NAME = re.compile(r"\.(so|dylib|pyd|dll)(\.[\d.]+)?$")


@dataclass(frozen=True)
class NativeLibrary:
    """A library for Linux. `glibc` is the oldest C library that has all it wants, (0, 0) if it wants nothing of it."""

    architecture: str
    glibc: tuple[int, int]
    musl: bool
    """Whether it was made for Alpine's C library, which Lambda's runtimes do not have."""

    @classmethod
    def read(cls, content: bytes) -> "NativeLibrary":
        """Read a file. Raises ValueError for one that is not for Linux, such as a Mac's."""
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
    """Whether a file of this name is a native library, on whichever system."""
    return bool(NAME.search(name))
