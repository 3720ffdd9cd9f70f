"""Local project settings with `DATABASE_URL`, faster and more patient."""

from infra.packaging.local_environment import be_local
from tests.support.patience import PATIENCE_SECONDS

NOBODY_TRAVELS = "file:///nowhere/clock"
"""Clock for child processes, because .local's may be moved."""

be_local(DATABASE_CONNECT_SECONDS=str(PATIENCE_SECONDS), LOCAL_CLOCK=NOBODY_TRAVELS)

from config.settings import *  # noqa: E402, F403 - the variables above must be there first

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["OPTIONS"]["timeout"] = PATIENCE_SECONDS  # noqa: F405
LOCAL_CLOCK = ""
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
