"""Join the live subscriptions of one user to one plan into the one that ends last, then forbid others beside it.

Access and its end stay as they are. Each batch is a transaction of its own; an interrupted run is started again.
"""

from collections import defaultdict

from django.conf import settings
from django.db import migrations, models, transaction
from django.db.models import Count, Q

from foundation import clock
from foundation.schema.online_constraints import AddUniqueConstraintOnline

BATCH_SIZE = 500
"""Users per transaction."""

REASON = "joined with the subscription to the same plan that ends last"


def join_overlaps(apps, schema_editor):
    alias = schema_editor.connection.alias
    subscriptions = apps.get_model("subscriptions", "Subscription").objects.using(alias)
    counted = subscriptions.filter(expired_at=None).values("user_id", "plan_id").annotate(live=Count("pk"))
    users = sorted(set(counted.filter(live__gt=1).order_by().values_list("user_id", flat=True)))
    for start in range(0, len(users), BATCH_SIZE):
        with transaction.atomic(using=alias):
            Batch(apps, alias, clock.now()).join(users[start : start + BATCH_SIZE])


class Batch:
    def __init__(self, apps, alias, now):
        self.users = apps.get_model(settings.AUTH_USER_MODEL)._base_manager.using(alias)
        self.subscriptions = apps.get_model("subscriptions", "Subscription").objects.using(alias)
        self.events = apps.get_model("subscriptions", "SubscriptionEvent").objects.using(alias)
        self.event = apps.get_model("subscriptions", "SubscriptionEvent")
        self.now = now

    def join(self, user_ids):
        """Lock users, then rows, as the service does."""
        list(self.users.filter(pk__in=user_ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
        ended, resumed = [], []
        for rows in self.overlapping(user_ids):
            kept = max(rows, key=lambda row: (row.end_date, row.status == "active", row.pk))
            ended += [row for row in rows if row is not kept]
            if kept.status == "cancelled" and any(row.status == "active" and row.end_date > self.now for row in rows):
                resumed.append(kept)
        self.end(ended)
        self.resume(resumed)

    def overlapping(self, user_ids):
        groups = defaultdict(list)
        live = self.subscriptions.filter(user_id__in=user_ids, expired_at=None).select_related("plan")
        for row in live.select_for_update(of=("self",), no_key=True).order_by("pk"):
            groups[row.user_id, row.plan_id].append(row)
        return [rows for rows in groups.values() if len(rows) > 1]

    def end(self, rows):
        """As the sweep ends what is due, and as an operator's "cancel now" ends what is not."""
        cut = {row.pk for row in rows if row.start_date < self.now < row.end_date}
        ended = {"status": "expired", "expired_at": self.now}
        self.subscriptions.filter(pk__in=[row.pk for row in rows]).update(**ended)
        self.subscriptions.filter(pk__in=cut).update(end_date=self.now)
        self.record("expired", [(row, self.now if row.pk in cut else row.end_date) for row in rows])

    def resume(self, rows):
        """The subscriber had subscribed again, and so taken the cancellation back."""
        self.subscriptions.filter(pk__in=[row.pk for row in rows]).update(status="active")
        self.record("reactivated", [(row, row.end_date) for row in rows])

    def record(self, transition, rows):
        self.events.bulk_create(
            self.event(
                subscription_id=row.pk,
                transition=transition,
                occurred_at=self.now,
                reason=REASON,
                old_end_date=row.end_date,
                new_end_date=new_end_date,
                plan_id=row.plan_id,
                price=row.plan.price,
                currency=row.plan.currency,
            )
            for row, new_end_date in rows
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("subscriptions", "0006_subscription_exempt"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(join_overlaps, migrations.RunPython.noop),
        AddUniqueConstraintOnline(
            "subscription",
            models.UniqueConstraint(
                fields=["user", "plan"],
                condition=Q(expired_at__isnull=True, exempt=False),
                name="subscription_one_live_per_user_and_plan",
            ),
        ),
    ]
