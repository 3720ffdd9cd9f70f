"""Whether a package's code would run on Lambda, and start without compiling anything."""

import ast
from collections.abc import Iterator

from infra.packaging.bytecode import Header, compiled_name
from infra.packaging.lambda_runtimes import runtime_of
from infra.packaging.native_library import NativeLibrary, is_native
from infra.packaging.package_problems import Kind, Problem
from infra.packaging.zipped_package import ZippedPackage


def check_handler(package: ZippedPackage) -> Iterator[Problem]:
    """Lambda imports a module and calls a function of it."""
    module, _, function = package.stage.handler.rpartition(".")
    name = module.replace(".", "/") + ".py"
    if name not in package.files:
        yield Problem(Kind.MISSING_HANDLER, name, "zappa_settings.json names it as `lambda_handler`.")
    elif function not in _functions(package.files[name]):
        yield Problem(Kind.MISSING_HANDLER, name, f"It has no {function}, which zappa_settings.json names.")


def check_bytecode(package: ZippedPackage) -> Iterator[Problem]:
    """Lambda cannot write: each cold start would compile anew what is not compiled, or what Python does not trust.

    A package for a Python that is not on this machine may have none at all.
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
            yield Problem(Kind.STALE_BYTECODE, name, "Its source is not there.")


def check_native_libraries(package: ZippedPackage) -> Iterator[Problem]:
    """A library for another machine makes the first import of it fail."""
    for name, content in package.files.items():
        if is_native(name):
            yield from _library_problems(name, content, package)


def _functions(source: bytes) -> set[str]:
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def _bytecode_problems(name: str, compiled: bytes, wanted: Header) -> Iterator[Problem]:
    found = Header.read(compiled)
    if found.magic != wanted.magic:
        yield Problem(Kind.FOREIGN_BYTECODE, name, "Make the package with the Python whose runtime it is for.")
    elif found.flags != wanted.flags:
        yield Problem(Kind.CHECKED_BYTECODE, name, "Each cold start would compare it, and mostly compile it anew.")
    elif found.hash != wanted.hash:
        yield Problem(Kind.STALE_BYTECODE, name, "Python would run it in the source's place.")


def _library_problems(name: str, content: bytes, package: ZippedPackage) -> Iterator[Problem]:
    try:
        library = NativeLibrary.read(content)
    except ValueError as error:
        yield Problem(Kind.FOREIGN_LIBRARY, name, f"It is {error}. Make the package on Linux.")
        return
    wanted, runtime = package.target.architecture, package.target.runtime
    if library.architecture != wanted or library.musl:
        found = library.architecture + (" with musl" if library.musl else "")
        yield Problem(Kind.FOREIGN_LIBRARY, name, f"It is for {found}; zappa_settings.json says {wanted}.")
    if library.glibc > runtime.glibc:
        needs, has = (".".join(map(str, version)) for version in (library.glibc, runtime.glibc))
        yield Problem(Kind.NEWER_GLIBC, name, f"It needs glibc {needs}; {runtime.name} has {has}.")
