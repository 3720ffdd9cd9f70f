"""Where logs go while a person looks at the terminal: all of them into a file, and what matters to the terminal."""

import logging
import logging.config
from pathlib import Path

from config.logs import logging_config


class ForThePerson(logging.Filter):
    """Leaves out what a browser causes by itself, such as asking for an icon that is not there."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is shown."""
        return record.levelno >= logging.ERROR or not record.name.startswith(("django.request", "django.server"))


def send_logs_to(file: Path) -> None:
    """Configure logging anew: JSON lines from INFO on to `file`, plain ones from WARNING on to the terminal."""
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
