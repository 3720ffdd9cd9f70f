"""The project's settings as a laptop has them. What differs here is only what makes tests quick."""

import os

os.environ["DJANGO_LOCAL"] = "1"

from config.settings import *  # noqa: F403 - the variable above must be there first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
