"""Check the columns that 0013 added without a check, and let others use the tables meanwhile."""

from django.db import migrations

from foundation.schema.online_fields import CheckFieldOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("subscriptions", "0022_plan_changes")]

    operations = [
        CheckFieldOnline("subscription", "anchor_day"),
        CheckFieldOnline("subscriptionevent", "duration_months"),
    ]
