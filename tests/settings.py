"""The project's settings as a laptop has them; `DATABASE_URL` chooses the database. Otherwise only quicker."""

from infra.local.local_environment import be_local

be_local()

from config.settings import *  # noqa: E402, F403 - the variables above must be there first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
