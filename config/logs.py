"""Logs: one JSON object a line, with the id of the invocation or request, and nothing that tells who somebody is."""

import logging
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS

from foundation.jobs.invocation import request_id


class RequestIdFilter(logging.Filter):
    """Puts the current request id on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class PathlessFilter(logging.Filter):
    """Takes the path out of Django's word on an answer: it may hold an address, or a link that works."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) > 1:
            record.msg, record.args = "%s", record.args[:1]
        return True


class BadRequestFilter(logging.Filter):
    """Takes what Django calls suspicious for what it is, a client's mistake: an alarm listens to ERROR.

    Anybody can send a wrong Host or too many fields. The traceback leads to Django's own code and is left out.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
            record.exc_info = record.exc_text = None
        return True


def logging_config(level: str) -> dict[str, Any]:
    """The `LOGGING` setting. `level` is the root's, one of Python's level names."""
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
                "()": "pythonjsonlogger.json.JsonFormatter",
                "format": "{asctime}{levelname}{name}{message}{request_id}",
                "style": "{",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "reserved_attrs": [*RESERVED_ATTRS, "request"],  # Django's records quote the whole query there
            }
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id", "bad_request"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own configuration adds a second handler here; records go up to the root's instead.
            "django": {"handlers": [], "level": level, "propagate": True},
            # What a client did wrong is logged by config.web.middleware, by its route.
            "django.request": {"level": "ERROR", "filters": ["pathless"]},
            # Alarms hear their silence, whatever LOG_LEVEL says.
            "foundation.jobs.metrics": {"level": "INFO"},
            # It tells at each start where it found its credentials.
            "botocore": {"level": "WARNING"},
            # Its access log has the client's address and the query; config.web.middleware logs what may be known.
            "zappa.wsgi": {"level": "WARNING"},
        },
    }
