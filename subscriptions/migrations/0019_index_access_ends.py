"""Index the ends of access for the sweep, and allow one trial per person, while others use the table.

The index on the ends stays: the release before this one sweeps by it, and reminders read it.
"""

from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest

from foundation.schema.online_constraints import AddUniqueConstraintOnline
from foundation.schema.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("subscriptions", "0018_grace_and_trial")]

    operations = [
        AddIndexOnline(
            "subscription",
            models.Index(
                Greatest("end_date", Coalesce("grace_until", "end_date")),
                F("id"),
                condition=Q(expired_at__isnull=True),
                name="subscription_by_access_end",
            ),
        ),
        AddUniqueConstraintOnline(
            "subscription",
            models.UniqueConstraint(fields=["user"], condition=Q(trial=True), name="subscription_one_trial_per_user"),
        ),
    ]
