"""The project's settings as they are deployed, given the variables of `tests.deployment`. Otherwise only quicker."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["COLLECTED_STATIC_FILES"])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
