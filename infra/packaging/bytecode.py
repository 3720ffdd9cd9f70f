"""Bytecode in a package: valid wherever and whenever it is unpacked, and reproducible.

https://docs.python.org/3/reference/import.html#pyc-invalidation and https://peps.python.org/pep-0552/
"""

import _imp
import marshal
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath

from infra.packaging.lambda_runtimes import LambdaRuntime, runtime_of

TASK_ROOT = PurePosixPath("/var/task")
"""Directory of a function's code on Lambda. Tracebacks contain it, so Python need not correct it at each import."""

UNCHECKED_HASH = 0b01
"""Flags of a file that Python trusts without checking the source; it is identified by hash, not by date."""

HEADER_BYTES = 16

INTERNED = [sys.intern(chr(code)) for code in range(256)]
"""Strings shared by all modules, interned in advance.

marshal records which strings are interned; otherwise that would depend on the modules loaded by this process.
"""


@dataclass(frozen=True)
class Header:
    """First 16 bytes of a compiled module. `hash` is a date and a size unless flags say otherwise."""

    magic: bytes
    flags: int
    hash: bytes

    @classmethod
    def read(cls, compiled: bytes) -> "Header":
        """Return the header of a compiled module, even of a truncated one."""
        return cls(compiled[:4], int.from_bytes(compiled[4:8], "little"), compiled[8:HEADER_BYTES])

    @classmethod
    def of(cls, source: bytes, runtime: LambdaRuntime | None = None) -> "Header":
        """Return the header that a runtime's Python, by default this one, trusts for the source."""
        magic = (runtime or runtime_of()).magic_number
        # importlib's source_hash always uses this Python's magic number as its key.
        return cls(magic, UNCHECKED_HASH, _imp.source_hash(int.from_bytes(magic, "little"), source))

    def __bytes__(self) -> bytes:
        return self.magic + self.flags.to_bytes(4, "little") + self.hash


def compiled_name(source_name: str, runtime: LambdaRuntime | None = None) -> str:
    """Return the name of a module's bytecode in the package, by default for this Python."""
    source = PurePosixPath(source_name)
    return str(source.parent / "__pycache__" / f"{source.stem}.{(runtime or runtime_of()).cache_tag}.pyc")


def compile_module(source_name: str, source: bytes) -> bytes:
    """Return the bytecode of a module. Raises SyntaxError."""
    code = compile(source, str(TASK_ROOT / source_name), "exec", dont_inherit=True, optimize=0)
    return bytes(Header.of(source)) + marshal.dumps(code)
