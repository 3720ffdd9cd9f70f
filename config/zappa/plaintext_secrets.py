"""Detection of secrets in a JSON document that is committed and packaged as plain text."""

import re
from collections.abc import Iterator
from typing import Any

ENVIRONMENTS = {"environment_variables", "aws_environment_variables"}
"""Keys whose object maps variables to values. Elsewhere a name like `aws_kms_key_arn` is not suspicious."""

SECRET_NAME = re.compile(r"secret|passw|pwd|token|credential|api_?key|(^|_)key(_|$)", re.IGNORECASE)
SECRET_VALUE = re.compile(
    # An access key's identifier, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"
    # A password in an address, https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1
    r"|[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s]+@"
    # A key of Stripe's API or webhooks, https://docs.stripe.com/keys
    r"|\b(sk|rk)_(live|test)_\w+|\bwhsec_\w+"
    # A private key, https://www.rfc-editor.org/rfc/rfc7468
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----",
    re.IGNORECASE,
)

Path = tuple[str, ...]


def secrets_in(document: Any) -> list[str]:
    """Return the dotted paths of values that look like secrets. The values are never repeated."""
    return [".".join(path) for path, text in _texts(document, ()) if _is_secret(path, text)]


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in entries:
            yield from _texts(inner, (*path, str(key)))


def _is_secret(path: Path, text: str) -> bool:
    return bool(SECRET_VALUE.search(text)) or (_names_a_secret(path) and not _is_harmless(text))


def _names_a_secret(path: Path) -> bool:
    return not ENVIRONMENTS.isdisjoint(path[:-1]) and bool(SECRET_NAME.search(path[-1]))


def _is_harmless(text: str) -> bool:
    """Return True for an empty value or the ARN of a secret."""
    return not text or text.startswith("arn:")
