"""Indexes for whichever user model is installed, and the columns of `accounts.User` beside Django's.

Rows that the release before inserts are exempt from the constraints of 0003; those that exist are not.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations, models
from django.db.models.functions import Upper

from accounts.user_index import UserIndex

NAME = get_user_model().USERNAME_FIELD
EMAIL = get_user_model().get_email_field_name()

INDEXES = [
    # iexact compares UPPER(...) on PostgreSQL.
    UserIndex(models.Index(Upper(EMAIL), name="user_by_email"), {EMAIL: models.CharField}),
    UserIndex(models.Index(Upper(NAME), name="user_by_name"), {NAME: models.CharField}),
    UserIndex(
        models.Index(fields=[NAME], condition=models.Q(is_staff=True), name="user_is_staff"),
        {NAME: models.Field, "is_staff": models.BooleanField},
    ),
]

UNCONFIRMED = "awaits confirmation, then replaces the e-mail address; not unique"
EXEMPT = "written by a release that allows one address, or one name in several capitalisations, twice"


def exempt(db_default):
    return models.BooleanField(default=False, db_default=db_default, editable=False, help_text=EXEMPT)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_user"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Those that migrations of subscriptions have made stay as they are.
            database_operations=[migrations.RunPython(index.add, index.remove) for index in INDEXES],
            state_operations=[
                migrations.AddIndex("user", models.Index(Upper("email"), name="user_by_email")),
                migrations.AddIndex("user", models.Index(Upper("username"), name="user_by_name")),
                migrations.AddIndex(
                    "user",
                    models.Index(fields=["username"], condition=models.Q(is_staff=True), name="user_is_staff"),
                ),
            ],
        ),
        migrations.AddField(
            "user",
            "unconfirmed_email",
            models.EmailField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text=UNCONFIRMED,
                max_length=254,
                verbose_name="unconfirmed e-mail address",
            ),
        ),
        # Neither rewrites the table: PostgreSQL keeps the first default for the rows that exist.
        migrations.AddField("user", "exempt_from_uniqueness", exempt(db_default=False)),
        migrations.AlterField("user", "exempt_from_uniqueness", exempt(db_default=True)),
    ]
