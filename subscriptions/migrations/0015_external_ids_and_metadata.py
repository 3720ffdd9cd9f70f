from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0014_export_permission")]

    operations = [
        migrations.AddField(
            "subscription",
            "external_id",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="by which another system knows it",
                max_length=200,
                verbose_name="external id",
            ),
        ),
        migrations.AddField(
            "subscription",
            "metadata",
            models.JSONField(
                blank=True,
                db_default=Value({}, models.JSONField()),
                default=dict,
                help_text="texts that another system keeps with it",
                verbose_name="metadata",
            ),
        ),
    ]
