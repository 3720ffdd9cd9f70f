"""Error messages of commands: what happened, and what to do."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from click import ClickException

from infra import errors

EXPECTED = (*errors.EXPECTED, ClientError, BotoCoreError, ClickException, OSError)
"""Errors that end a command with a message; any other one is a bug and shows a traceback."""

SIGN_IN = "Sign in again (`aws sso login`, or new keys), and repeat the command."
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
UNKNOWN_KEYS = (
    "AWS does not know these credentials here: check AWS_PROFILE and the keys in the environment. A region that the "
    "account has not enabled answers the same."
)
REMEDIES: tuple[tuple[type[BotoCoreError], str], ...] = (
    (NoCredentialsError, "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."),
    (PartialCredentialsError, "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE and neither."),
    (ProfileNotFound, "Set AWS_PROFILE to one of `aws configure list-profiles`, or unset it."),
    (SSOError, SIGN_IN),
    (TokenRetrievalError, SIGN_IN),
    (CredentialRetrievalError, SIGN_IN),
    (EndpointConnectionError, "Check the network, and aws_region in zappa_settings.json."),
)


def message_of(error: Exception) -> str:
    """Return the error's message and a remedy."""
    return f"{_words(error)} {_remedy(error)}".strip()


def _words(error: Exception) -> str:
    if isinstance(error, ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.strerror and not isinstance(error, errors.EXPECTED):
        return f"{error.filename or 'This machine'}: {error.strerror}."
    words = str(error).strip()
    return words if isinstance(error, errors.EXPECTED) or words.endswith(".") else f"{words}."


def _remedy(error: Exception) -> str:
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code")
        return SIGN_IN if code in EXPIRED else UNKNOWN_KEYS if code in UNKNOWN else ""
    return next((remedy for kind, remedy in REMEDIES if isinstance(error, kind)), "")
