"""Deployed settings of the project, with a separate directory for static files."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["COLLECTED_STATIC_FILES"])
