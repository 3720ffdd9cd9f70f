"""Logging: one JSON object per line with the request id, and no personal data."""

import logging
import re
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from foundation.jobs.invocation import request_id

DETAILS = re.compile(
    r"^DETAIL: .*?(?=^(?:HINT|CONTEXT): |^\n(?:The above|During handling)|\Z)", re.MULTILINE | re.DOTALL
)
"""Details of a database error in a traceback; a value in them may have line breaks.

https://www.postgresql.org/docs/current/error-style-guide.html
"""

BEHIND_ORIGIN = re.compile(r"(://[\w.:\[\]-]*).*", re.DOTALL)
"""Rest of a text from the path of its first URL on."""


class RequestIdFilter(logging.Filter):
    """Add the current request id to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class PathlessFilter(logging.Filter):
    """Remove paths from Django's records about a request: a path may contain an address or a working link.

    Django puts the path last, as in "Forbidden (%s): %s", and a reason may quote the Referer. A filter of a handler,
    because that of a logger sees no record of `django.security.csrf` and the loggers beside it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(("django.request", "django.security.")):
            shown = record.args if isinstance(record.args, tuple) else ()
            if str(record.msg).endswith(": %s"):
                record.msg, shown = str(record.msg).removesuffix(": %s"), shown[:-1]
            record.msg, record.args = _origins_only(record.msg), tuple(map(_origins_only, shown))
        return True


def _origins_only(text: object) -> object:
    return BEHIND_ORIGIN.sub(r"\1", text) if isinstance(text, str) else text


class BadRequestFilter(logging.Filter):
    """Downgrade Django's "suspicious operation" records to WARNING; an alarm watches ERROR.

    Any client can send a wrong Host or too many fields. The traceback shows Django's own code only and is dropped.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
            record.exc_info = record.exc_text = None
        return True


class RowlessFormatter(JsonFormatter):
    """Formatter whose tracebacks lack PostgreSQL's details, which quote a row: "Failing row contains (...)"."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return DETAILS.sub("DETAIL: left out\n", logging.Formatter.formatException(self, ei))


def logging_config(level: str) -> dict[str, Any]:
    """Return the `LOGGING` setting. `level` is the name of the root logger's level."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "bad_request": {"()": BadRequestFilter},
            "pathless": {"()": PathlessFilter},
            "request_id": {"()": RequestIdFilter},
        },
        "formatters": {
            "json": {
                "()": RowlessFormatter,
                "format": "{asctime}{levelname}{name}{message}{request_id}",
                "style": "{",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "reserved_attrs": [*RESERVED_ATTRS, "request"],  # Django's records contain the full query there
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["request_id", "bad_request", "pathless"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own configuration adds a second handler here; let records propagate to the root handler instead.
            "django": {"handlers": [], "level": level, "propagate": True},
            # config.web.middleware logs client errors by route.
            "django.request": {"level": "ERROR"},
            # Alarms depend on metrics, whatever LOG_LEVEL is.
            "foundation.jobs.metrics": {"level": "INFO"},
            # It logs the source of its credentials at each start.
            "botocore": {"level": "WARNING"},
            # It logs each request, and with DEBUG its parameters, which hold addresses.
            "stripe": {"level": "WARNING"},
            # Its access log contains client address and query; config.web.middleware logs requests without them.
            "zappa.wsgi": {"level": "WARNING"},
        },
    }
