"""An index on a table of `django.contrib.auth`: operators look users up by e-mail address, whatever its case.

`makemigrations` does not know of it, so it has to be kept by hand.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations, models
from django.db.models.functions import Upper

from foundation.schema.user_index import UserIndex

EMAIL = get_user_model().get_email_field_name()

# iexact compares UPPER(email) on PostgreSQL.
INDEX = UserIndex(models.Index(Upper(EMAIL), name="user_by_email"), {EMAIL: models.CharField})


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(INDEX.add, INDEX.remove)]
