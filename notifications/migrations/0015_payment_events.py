"""Let a notification tell of a payment event. The release before neither inserts nor claims such rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0014_index_mails_without_an_event"),
        ("payments", "0003_payment_events"),
    ]

    operations = [
        migrations.RemoveConstraint("notification", "notification_has_an_event_or_an_address"),
        migrations.AddField(
            "notification",
            "payment_event",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notifications",
                to="payments.paymentevent",
                verbose_name="payment event",
            ),
        ),
    ]
