"""Export of what is stored about a user."""

import json
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder

from foundation.personal_data import Exported, parts


def export_user(user: AbstractBaseUser, now: datetime) -> Exported:
    """Return what all apps store about the user, by the name of its kind, and the instant of the export."""
    exported: Exported = {"exported_at": now}
    for part in parts():
        exported |= part.export(user)
    return exported


def as_json(exported: Exported) -> str:
    """Return the export as JSON, indented for people; instants are in UTC."""
    return json.dumps(exported, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
