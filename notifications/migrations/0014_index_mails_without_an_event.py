"""Index the mails without an event, and hold each row to an event or an address, while others use the table."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Upper

from foundation.schema.online_constraints import AddCheckConstraintOnline
from foundation.schema.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0013_mails_without_an_event")]

    operations = [
        AddIndexOnline(
            "notification",
            models.Index(
                fields=["channel", "due_at", "id"],
                condition=Q(state="pending") & ~Q(account_kind=""),
                name="notification_account_pending",
            ),
        ),
        AddIndexOnline(
            "notification",
            models.Index(
                fields=["finished_at"],
                condition=Q(event__isnull=True, finished_at__isnull=False),
                name="notification_mail_finished",
            ),
        ),
        AddIndexOnline(
            "notification",
            models.Index(Upper("address"), condition=Q(event__isnull=True), name="notification_by_address"),
        ),
        AddIndexOnline(
            "notification",
            models.Index(fields=["user_key"], condition=~Q(user_key=""), name="notification_by_user_key"),
        ),
        AddCheckConstraintOnline(
            "notification",
            models.CheckConstraint(
                condition=Q(event__isnull=False, account_kind="", address="")
                | (Q(event__isnull=True, days_before__isnull=True) & ~Q(address="")),
                name="notification_has_an_event_or_an_address",
            ),
        ),
    ]
