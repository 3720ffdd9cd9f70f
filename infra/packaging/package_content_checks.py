"""Whether a package holds what must not leave this machine, or what nobody needs on Lambda."""

import json
import re
from collections.abc import Iterator

from config.zappa.plaintext_secrets import SECRET_VALUE
from infra.packaging.native_library import is_native
from infra.packaging.package_problems import Kind, Problem
from infra.packaging.release import RECORD
from infra.packaging.zipped_package import ZippedPackage

TESTS = re.compile(r"(^|/)(tests/(?!__pycache__)|conftest\.py$|test_[^/]*\.py$)")
LOCAL_FILE = re.compile(r"(^|/)\.env(\.[^/]*)?$|\.sqlite3(-[a-z]+)?$")
BINARY = re.compile(r"\.(pyc|mo|gz|png)$")

PLACEHOLDER = re.compile(r":([<{]?pass(word)?[>}]?|\*+)@")
"""A password in a message or a comment that shows how an address is written."""


def check_strays(package: ZippedPackage) -> Iterator[Problem]:
    """Tests and files of this machine are not deployed."""
    for name in package.files:
        if TESTS.search(name):
            yield Problem(Kind.TESTS, name, "Nothing on Lambda runs them.")
        if LOCAL_FILE.search(name):
            yield Problem(Kind.LOCAL_FILE, name, "It may hold secrets, or somebody's data.")


def check_release(package: ZippedPackage) -> Iterator[Problem]:
    """The package says which commit it is of, and has a folder for each app that Django will load from it."""
    try:
        record = json.loads(package.files[RECORD])
        apps = record["apps"] if record["commit"] else []
    except (KeyError, TypeError, ValueError):
        yield Problem(Kind.NO_RELEASE, RECORD, "Make the package by `make package`.")
        return
    for app in apps:
        folder = app.replace(".", "/") + "/"
        if not any(name.startswith(folder) for name in package.files):
            hint = "INSTALLED_APPS names it; infra/packaging/package_contents.py says what is left out."
            yield Problem(Kind.MISSING_APP, app, hint)


def check_secrets(package: ZippedPackage) -> Iterator[Problem]:
    """Whoever may read the function's code would read them."""
    for name, content in package.files.items():
        if not (BINARY.search(name) or is_native(name)) and _holds_secret(content.decode(errors="replace")):
            yield Problem(Kind.SECRET, name, "Take it out, and replace it where it is valid.")


def _holds_secret(text: str) -> bool:
    return any(not PLACEHOLDER.search(match[0]) for match in SECRET_VALUE.finditer(text))
