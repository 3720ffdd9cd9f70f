"""Checks that a package contains no secrets, local files or tests."""

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
"""Placeholder password in an example URL."""

KEY_LABEL_END = "KEY-----"
QUOTES = ('"', "'")


def check_strays(package: ZippedPackage) -> Iterator[Problem]:
    """Check for tests and local files."""
    for name in package.files:
        if TESTS.search(name):
            yield Problem(Kind.TESTS, name, "Nothing on Lambda runs it.")
        if LOCAL_FILE.search(name):
            yield Problem(Kind.LOCAL_FILE, name, "It may contain secrets or personal data.")


def check_release(package: ZippedPackage) -> Iterator[Problem]:
    """Check that the package names its commit and contains a folder for each installed app."""
    try:
        record = json.loads(package.files[RECORD])
        apps = record["apps"] if record["commit"] else []
    except (KeyError, TypeError, ValueError):
        yield Problem(Kind.NO_RELEASE, RECORD, "Build the package with `make package`.")
        return
    for app in apps:
        folder = app.replace(".", "/") + "/"
        if not any(name.startswith(folder) for name in package.files):
            hint = "INSTALLED_APPS names it. See infra/packaging/package_contents.py for excluded files."
            yield Problem(Kind.MISSING_APP, app, hint)


def check_secrets(package: ZippedPackage) -> Iterator[Problem]:
    """Check for secrets, which anyone with access to the function's code could read."""
    for name, content in package.files.items():
        if not (BINARY.search(name) or is_native(name)) and _holds_secret(content.decode(errors="replace")):
            yield Problem(Kind.SECRET, name, "Remove it, and rotate the secret.")


def _holds_secret(text: str) -> bool:
    return any(not PLACEHOLDER.search(match[0]) and not _is_label(match) for match in SECRET_VALUE.finditer(text))


def _is_label(match: re.Match[str]) -> bool:
    """Return True for the label of a private key in a parser: quotes end it where a key would begin."""
    return match[0].endswith(KEY_LABEL_END) and match.string[match.end() :].startswith(QUOTES)
