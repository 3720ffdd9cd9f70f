"""Stop using the table notifications_wakeup. It stays for the release before, which uses it after a rollback."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0010_announce_joined_subscriptions")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="WakeUp")]),
    ]
