"""Rows that the release before this one inserts are exempt from the constraint of 0007; those that exist are not."""

from django.db import migrations, models

HELP_TEXT = "written by a release that allows several live ones per user and plan"


def exempt(db_default):
    return models.BooleanField(default=False, db_default=db_default, editable=False, help_text=HELP_TEXT)


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0005_index_users_by_name")]

    operations = [
        # Neither rewrites the table: PostgreSQL keeps the first default for the rows that exist.
        migrations.AddField("subscription", "exempt", exempt(db_default=False)),
        migrations.AlterField("subscription", "exempt", exempt(db_default=True)),
    ]
