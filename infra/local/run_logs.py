"""Logging during `make run`: everything into a file, warnings to the terminal."""

import logging
import logging.config
from pathlib import Path

from config.logs import logging_config


class ForThePerson(logging.Filter):
    """Drop messages caused by browsers, such as a missing icon."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR or not record.name.startswith(("django.request", "django.server"))


def send_logs_to(file: Path) -> None:
    """Configure logging: JSON lines from INFO to `file`, plain ones from WARNING to the terminal."""
    config = logging_config("INFO")
    config["filters"]["for_the_person"] = {"()": ForThePerson}
    config["formatters"]["plain"] = {"format": "{levelname} {name}: {message}", "style": "{"}
    config["handlers"] = {
        "file": config["handlers"]["console"] | {"class": "logging.FileHandler", "filename": str(file)},
        "terminal": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "level": "WARNING",
            "filters": ["for_the_person"],
        },
    }
    config["root"]["handlers"] = ["file", "terminal"]
    config["loggers"]["django.server"] = {"handlers": [], "propagate": True}  # has a handler of its own
    logging.config.dictConfig(config)
