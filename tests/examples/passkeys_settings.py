"""Settings of the example with passkeys, as tests have them."""

from infra.packaging.local_environment import be_local
from tests.settings import NOBODY_TRAVELS
from tests.support.patience import PATIENCE_SECONDS

be_local(DATABASE_CONNECT_SECONDS=str(PATIENCE_SECONDS), LOCAL_CLOCK=NOBODY_TRAVELS)

from examples.passkeys.settings import *  # noqa: E402, F403 - the variables above must be there first

LOCAL_CLOCK = ""
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
