"""The project's settings as a laptop has them; `DATABASE_URL` chooses the database. Otherwise only quicker,
and more patient."""

from infra.local.local_environment import be_local
from tests.patience import PATIENCE_SECONDS

be_local(DATABASE_CONNECT_SECONDS=str(PATIENCE_SECONDS))

from config.settings import *  # noqa: E402, F403 - the variables above must be there first

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["OPTIONS"]["timeout"] = PATIENCE_SECONDS  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
