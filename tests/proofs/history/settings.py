"""The project's settings, with a clock that the history's director moves, and a log of tracebacks only."""

import os

from config.logs import logging_config
from tests.settings import *  # noqa: F403 - all of them

LOCAL_CLOCK = os.environ["HISTORY_CLOCK"]
LOGGING = logging_config("CRITICAL")
