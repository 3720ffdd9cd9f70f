"""Accept any registered channel. PostgreSQL widens a varchar without rewriting the table or its indexes."""

from django.db import migrations, models

import notifications.channel_registry


class Migration(migrations.Migration):
    dependencies = [("notifications", "0011_stop_using_wake_up")]

    operations = [
        migrations.RemoveConstraint(model_name="notification", name="notification_channel_known"),
        migrations.AlterField(
            model_name="channelstatus",
            name="channel",
            field=models.CharField(
                choices=notifications.channel_registry.choices,
                max_length=20,
                primary_key=True,
                serialize=False,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="channel",
            field=models.CharField(
                choices=notifications.channel_registry.choices, max_length=20, verbose_name="channel"
            ),
        ),
    ]
