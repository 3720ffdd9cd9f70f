"""Leave the model RequestCount to foundation.throttling. The table stays, because the release before uses it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0011_access_audit_run")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="RequestCount")]),
    ]
