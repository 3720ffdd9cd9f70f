"""An index on a table of `django.contrib.auth`: whoever signs up takes a name that nobody has, whatever its case.

`makemigrations` does not know of it, so it has to be kept by hand.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations, models
from django.db.models.functions import Upper

from foundation.schema.user_index import UserIndex

NAME = get_user_model().USERNAME_FIELD

# iexact compares UPPER(username) on PostgreSQL.
INDEX = UserIndex(models.Index(Upper(NAME), name="user_by_name"), {NAME: models.CharField})


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0004_index_staff"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(INDEX.add, INDEX.remove)]
