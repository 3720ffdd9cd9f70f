"""Exempt the accounts that share an address with an older one, then forbid others.

`manage.py audit_accounts` lists them. Each batch is a transaction of its own; an interrupted run is started again.
"""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.duplicates import exempt_duplicates
from foundation.schema.online_constraints import AddUniqueConstraintOnline


def exempt_addresses(apps, schema_editor):
    model = apps.get_model("accounts", "User")
    if not model._meta.swapped:
        exempt_duplicates(model._base_manager.using(schema_editor.connection.alias), "email")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0002_indexes_and_columns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(exempt_addresses, migrations.RunPython.noop),
        AddUniqueConstraintOnline(
            "user",
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email="") & Q(exempt_from_uniqueness=False),
                name="user_email_unique",
                violation_error_message="There is an account with this address already.",
            ),
        ),
    ]
