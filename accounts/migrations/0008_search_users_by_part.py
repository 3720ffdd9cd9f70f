"""Index users for the search by a part of a name or address, where PostgreSQL lets us; see accounts/search_index.py."""

from django.conf import settings
from django.db import migrations

from accounts.search_index import add_search_index, remove_search_index


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [
        ("accounts", "0007_profiles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(add_search_index, remove_search_index)]
