"""Settings for packaging, which needs no database or secret."""

from infra.packaging.local_environment import be_local

be_local()

from config.settings import *  # noqa: E402, F403 - the variables above must be there first

STORAGES = {"staticfiles": {"BACKEND": "config.web.static_files.HashedStaticFiles"}}
