"""Project settings with a clock moved by the history's director, and logging of tracebacks only."""

import os

from config.logs import logging_config
from tests.settings import *  # noqa: F403 - all of them

LOCAL_CLOCK = os.environ["HISTORY_CLOCK"]
LOGGING = logging_config("CRITICAL")
