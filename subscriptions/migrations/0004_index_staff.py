"""An index on a table of `django.contrib.auth`: operators look for each other, a few among millions of subscribers.

`makemigrations` does not know of it, so it has to be kept by hand.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations, models

from foundation.schema.user_index import UserIndex

NAME = get_user_model().USERNAME_FIELD

INDEX = UserIndex(
    models.Index(fields=[NAME], condition=models.Q(is_staff=True), name="user_is_staff"),
    {NAME: models.Field, "is_staff": models.BooleanField},
)


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0003_plan_reminder_days"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(INDEX.add, INDEX.remove)]
