"""Checks that a package's code runs on Lambda, and starts without compiling anything."""

import ast
from collections.abc import Iterator

from infra.packaging.bytecode import Header, compiled_name
from infra.packaging.lambda_runtimes import runtime_of
from infra.packaging.native_library import NativeLibrary, is_native
from infra.packaging.package_problems import Kind, Problem
from infra.packaging.zipped_package import ZippedPackage


def check_handler(package: ZippedPackage) -> Iterator[Problem]:
    """Check that the zip contains the handler that Lambda imports."""
    module, _, function = package.stage.handler.rpartition(".")
    name = module.replace(".", "/") + ".py"
    if name not in package.files:
        yield Problem(Kind.MISSING_HANDLER, name, "zappa_settings.json names it as `lambda_handler`.")
    elif function not in _functions(package.files[name]):
        yield Problem(Kind.MISSING_HANDLER, name, f"It has no {function}, which zappa_settings.json names.")


def check_bytecode(package: ZippedPackage) -> Iterator[Problem]:
    """Check the bytecode. Lambda cannot write it, so each cold start would compile missing or stale modules again.

    A package for a Python that is not installed here may have none at all.
    """
    runtime = package.target.runtime
    if runtime != runtime_of() and not any(name.endswith(".pyc") for name in package.files):
        return
    sources = {compiled_name(name, runtime): name for name in package.files if name.endswith(".py")}
    for compiled, source in sources.items():
        if compiled not in package.files:
            yield Problem(Kind.MISSING_BYTECODE, source, "Each cold start would compile it.")
        else:
            yield from _bytecode_problems(compiled, package.files[compiled], Header.of(package.files[source], runtime))
    for name in package.files:
        if name.endswith(".pyc") and name not in sources:
            yield Problem(Kind.STALE_BYTECODE, name, "Its source is missing.")


def check_native_libraries(package: ZippedPackage) -> Iterator[Problem]:
    """Check that native libraries match the target machine; otherwise importing them fails."""
    for name, content in package.files.items():
        if is_native(name):
            yield from _library_problems(name, content, package)


def _functions(source: bytes) -> set[str]:
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def _bytecode_problems(name: str, compiled: bytes, wanted: Header) -> Iterator[Problem]:
    found = Header.read(compiled)
    if found.magic != wanted.magic:
        yield Problem(Kind.FOREIGN_BYTECODE, name, "Build the package with the Python of its runtime.")
    elif found.flags != wanted.flags:
        yield Problem(Kind.CHECKED_BYTECODE, name, "Each cold start would check it, and usually compile it again.")
    elif found.hash != wanted.hash:
        yield Problem(Kind.STALE_BYTECODE, name, "Python would run it instead of the source.")


def _library_problems(name: str, content: bytes, package: ZippedPackage) -> Iterator[Problem]:
    try:
        library = NativeLibrary.read(content)
    except ValueError as error:
        yield Problem(Kind.FOREIGN_LIBRARY, name, f"It is {error}. Build the package on Linux.")
        return
    wanted, runtime = package.target.architecture, package.target.runtime
    if library.architecture != wanted or library.musl:
        found = library.architecture + (" with musl" if library.musl else "")
        yield Problem(Kind.FOREIGN_LIBRARY, name, f"It is for {found}; zappa_settings.json says {wanted}.")
    if library.glibc > runtime.glibc:
        needs, has = (".".join(map(str, version)) for version in (library.glibc, runtime.glibc))
        yield Problem(Kind.NEWER_GLIBC, name, f"It needs glibc {needs}; {runtime.name} has {has}.")
