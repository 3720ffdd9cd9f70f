from django.db import migrations, models
from django.db.models import Q

from foundation.schema.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("subscriptions", "0015_external_ids_and_metadata")]

    operations = [
        AddIndexOnline(
            "subscription",
            models.Index(fields=["external_id", "id"], condition=~Q(external_id=""), name="subscription_by_external_id"),
        ),
    ]
