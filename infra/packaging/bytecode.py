"""Compiled modules as they are in a package: valid wherever and whenever they are unpacked, and never written anew.

https://docs.python.org/3/reference/import.html#pyc-invalidation and https://peps.python.org/pep-0552/
"""

import _imp
import marshal
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath

from infra.packaging.lambda_runtimes import LambdaRuntime, runtime_of

TASK_ROOT = PurePosixPath("/var/task")
"""Where Lambda unpacks a function's code; tracebacks name it, and Python need not correct it at each import."""

UNCHECKED_HASH = 0b01
"""The flags of a file that Python trusts without a look at the source, which it compares by hash, not by date."""

HEADER_BYTES = 16

INTERNED = [sys.intern(chr(code)) for code in range(256)]
"""Strings that all modules share. marshal writes down which are interned; otherwise that would depend on what else this
process has loaded.
"""


@dataclass(frozen=True)
class Header:
    """The first 16 bytes of a compiled module. `hash` is a date and a size unless flags say otherwise."""

    magic: bytes
    flags: int
    hash: bytes

    @classmethod
    def read(cls, compiled: bytes) -> "Header":
        """The header of a compiled module, however short."""
        return cls(compiled[:4], int.from_bytes(compiled[4:8], "little"), compiled[8:HEADER_BYTES])

    @classmethod
    def of(cls, source: bytes, runtime: LambdaRuntime | None = None) -> "Header":
        """The header that a runtime's Python trusts for the source, by default this Python."""
        magic = (runtime or runtime_of()).magic_number
        # importlib's source_hash, whose key is always the magic number of this Python.
        return cls(magic, UNCHECKED_HASH, _imp.source_hash(int.from_bytes(magic, "little"), source))

    def __bytes__(self) -> bytes:
        return self.magic + self.flags.to_bytes(4, "little") + self.hash


def compiled_name(source_name: str, runtime: LambdaRuntime | None = None) -> str:
    """The name in the package of a module's compiled form, by default for this Python."""
    source = PurePosixPath(source_name)
    return str(source.parent / "__pycache__" / f"{source.stem}.{(runtime or runtime_of()).cache_tag}.pyc")


def compile_module(source_name: str, source: bytes) -> bytes:
    """The compiled form of a module. Raises SyntaxError."""
    code = compile(source, str(TASK_ROOT / source_name), "exec", dont_inherit=True, optimize=0)
    return bytes(Header.of(source)) + marshal.dumps(code)
