"""Compiled modules."""

import subprocess
import sys

import pytest

from infra.packaging.packaging_environment import PROJECT

PROGRAM = """
import sys
{before}
from infra.packaging.bytecode import compile_module
source = f"CHARACTERS = {{[chr(code) for code in range(256)]}}"
sys.stdout.buffer.write(compile_module("characters.py", source.encode()))
"""

ALL_INTERNED = "interned = [sys.intern(chr(code)) for code in range(256)]"


def compiled_after(before: str) -> bytes:
    """Compile a module with all one-character strings in a process that ran other code before."""
    program = PROGRAM.format(before=before)
    return subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True, capture_output=True).stdout


@pytest.mark.parametrize("before", [ALL_INTERNED, "setattr(sys, chr(10), 0)"])
def test_bytecode_does_not_depend_on_earlier_work_of_the_process(before: str) -> None:
    assert compiled_after(before) == compiled_after("")
