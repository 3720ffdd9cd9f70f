"""Exempt the accounts that share a name with an older one, then forbid others.

`manage.py audit_accounts` lists them. Each batch is a transaction of its own; an interrupted run is started again.
"""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.duplicates import exempt_duplicates
from foundation.schema.online_constraints import AddUniqueConstraintOnline


def exempt_names(apps, schema_editor):
    model = apps.get_model("accounts", "User")
    if not model._meta.swapped:
        exempt_duplicates(model._base_manager.using(schema_editor.connection.alias), "username")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0003_unique_addresses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(exempt_names, migrations.RunPython.noop),
        AddUniqueConstraintOnline(
            "user",
            models.UniqueConstraint(
                Lower("username"),
                condition=Q(exempt_from_uniqueness=False),
                name="user_name_unique",
                violation_error_message="A user with that username already exists.",
            ),
        ),
    ]
