"""Let a mail have an address instead of an event. The release before inserts and claims rows with an event alone."""

import django.db.models.deletion
from django.db import migrations, models

from foundation.schema.optional_keys import MakeKeyOptional


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0012_channels_of_a_registry"),
        ("subscriptions", "0007_one_live_subscription"),
    ]

    operations = [
        migrations.AddField(
            "notification",
            "account_kind",
            models.CharField(
                "kind of account mail", max_length=40, db_default="", help_text="rendered when it is sent"
            ),
        ),
        migrations.AddField(
            "notification",
            "address",
            models.CharField("address", max_length=254, db_default="", help_text="of a mail without an event"),
        ),
        migrations.AddField(
            "notification",
            "user_key",
            models.CharField(
                "user's key", max_length=64, db_default="", help_text="for whom an account mail is rendered"
            ),
        ),
        migrations.AddField("notification", "stored_subject", models.TextField("stored subject", db_default="")),
        migrations.AddField("notification", "stored_text", models.TextField("stored text", db_default="")),
        migrations.AddField("notification", "stored_html", models.TextField("stored HTML", db_default="")),
        migrations.AddField("notification", "reply_to", models.CharField("reply to", max_length=254, db_default="")),
        MakeKeyOptional(
            "notification",
            "event",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notifications",
                to="subscriptions.subscriptionevent",
            ),
        ),
    ]
