"""Hold each notification to one cause, while others use the table."""

from django.db import migrations, models
from django.db.models import Q

from foundation.schema.online_constraints import AddCheckConstraintOnline, AddUniqueConstraintOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0015_payment_events")]

    operations = [
        AddUniqueConstraintOnline(
            "notification",
            models.UniqueConstraint(
                fields=["payment_event", "channel"],
                condition=Q(payment_event__isnull=False),
                name="notification_one_per_payment_event",
            ),
        ),
        AddCheckConstraintOnline(
            "notification",
            models.CheckConstraint(
                condition=Q(event__isnull=False, payment_event__isnull=True, account_kind="", address="")
                | Q(
                    event__isnull=True,
                    payment_event__isnull=False,
                    days_before__isnull=True,
                    account_kind="",
                    address="",
                )
                | (Q(event__isnull=True, payment_event__isnull=True, days_before__isnull=True) & ~Q(address="")),
                name="notification_has_one_cause",
            ),
        ),
    ]
