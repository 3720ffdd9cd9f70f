"""Compilation of modules by the runtime's own Python, in another process unless it is this one.

    python3.13 -m infra.packaging.compiled_modules SOURCES.zip COMPILED.zip

Imports only the standard library.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

from infra.errors import PackagingFailed
from infra.packaging.bytecode import compile_module, compiled_name
from infra.packaging.lambda_runtimes import LambdaRuntime, runtime_of
from infra.packaging.packaging_environment import ISOLATED, PROJECT


def compile_modules(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Compile every module among the files for this Python. Raises SyntaxError."""
    modules = sorted(name for name in files if name.endswith(".py"))
    return {compiled_name(name): compile_module(name, files[name]) for name in modules}


def compile_for(runtime: LambdaRuntime, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Compile the modules for the runtime; return nothing if its Python is not installed.

    A package without bytecode works, but compiles its imports at each cold start. Raises PackagingFailed.
    """
    if runtime == runtime_of():
        return compile_modules(files)
    python = find_python(runtime)
    return _compile_elsewhere(python, files) if python else {}


def can_compile_for(runtime: LambdaRuntime) -> bool:
    """Return True if the runtime's Python is installed."""
    return runtime == runtime_of() or bool(find_python(runtime))


def find_python(runtime: LambdaRuntime) -> str:
    """Return the path of the runtime's Python, or "". A program found by name must also report that version."""
    found = shutil.which(runtime.name)
    if not found:
        return ""
    question = (found, ISOLATED, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])")
    answer = subprocess.run(question, capture_output=True, text=True, check=False)  # noqa: S603 - Python
    return found if answer.stdout.strip() == runtime.name else ""


def main() -> None:
    """Compile the modules of one zip into another."""
    sources, compiled = sys.argv[1:]
    with ZipFile(sources) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    _write(Path(compiled), compile_modules(files))


def _compile_elsewhere(python: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as directory:
        sources, compiled = Path(directory) / "sources.zip", Path(directory) / "compiled.zip"
        _write(sources, {name: content for name, content in files.items() if name.endswith(".py")})
        command = (python, ISOLATED, "-m", "infra.packaging.compiled_modules", str(sources), str(compiled))
        finished = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603
        if finished.returncode:
            raise PackagingFailed(f"{python} could not compile the package:\n{finished.stderr}")
        with ZipFile(compiled) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    with ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


if __name__ == "__main__":
    main()
