"""Take over the model of the table subscriptions_requestcount, which stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("subscriptions", "0012_request_counts_move_to_throttling")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="RequestCount",
                    fields=[
                        ("bucket", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("window_start", models.DateTimeField(db_index=True)),
                        ("requests", models.PositiveIntegerField()),
                    ],
                    options={
                        "db_table": "subscriptions_requestcount",
                        "verbose_name": "count of requests",
                        "verbose_name_plural": "counts of requests",
                    },
                ),
            ],
        ),
    ]
