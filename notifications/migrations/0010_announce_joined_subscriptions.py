"""Tell other systems which subscriptions were joined. Subscribers get no mail: their access goes on as it was."""

from django.db import migrations
from django.db.models.functions import Now

REASON = "joined with the subscription to the same plan that ends last"
BATCH_SIZE = 2_000
"""Events per statement."""


def announce(apps, schema_editor):
    alias = schema_editor.connection.alias
    notification = apps.get_model("notifications", "Notification")
    events = apps.get_model("subscriptions", "SubscriptionEvent").objects.using(alias)
    joined = events.filter(reason=REASON, actor=None, notifications=None).order_by("pk")
    while batch := list(joined.values_list("pk", flat=True)[:BATCH_SIZE]):
        mails = {"channel": "ses", "state": "obsolete", "finished_at": Now(), "error": "joined: access goes on"}
        rows = [notification(event_id=event, channel="sns") for event in batch]
        rows += [notification(event_id=event, **mails) for event in batch]
        notification.objects.using(alias).bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0009_index_the_outbox_by_state"),
        ("subscriptions", "0007_one_live_subscription"),
    ]

    operations = [migrations.RunPython(announce, migrations.RunPython.noop)]
