"""The stage's settings for packaging, which needs no database or secret."""

import os
from importlib import import_module

from infra.packaging.local_environment import be_local
from infra.packaging.stage_settings import STAGE_SETTINGS

be_local()
_stage = import_module(os.environ[STAGE_SETTINGS])
globals().update({name: value for name, value in vars(_stage).items() if name.isupper()})

STORAGES = {"staticfiles": {"BACKEND": "config.web.static_files.HashedStaticFiles"}}
