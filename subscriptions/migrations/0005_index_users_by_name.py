"""An index on a table of `django.contrib.auth`: whoever signs up takes a name that nobody has, whatever its case.

`makemigrations` does not know of it, so it has to be kept by hand.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations, models
from django.db.models.functions import Upper


def index():
    # iexact compares UPPER(username) on PostgreSQL.
    return models.Index(Upper(get_user_model().USERNAME_FIELD), name="user_by_name")


def add(apps, schema_editor):
    schema_editor.add_index(apps.get_model(settings.AUTH_USER_MODEL), index())


def remove(apps, schema_editor):
    schema_editor.remove_index(apps.get_model(settings.AUTH_USER_MODEL), index())


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0004_index_staff"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(add, remove)]
