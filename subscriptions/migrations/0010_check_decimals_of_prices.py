"""Hold the decimals of prices to their currencies, and on PostgreSQL let others write the history meanwhile.

The history may hold fractions of a currency without any: they were sold.
"""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Round

from foundation.schema.online_constraints import AddCheckConstraintOnline

WITHOUT_DECIMALS = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
WITH_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")

TWO = Q(price=Round("price", 2))
THREE = Q(currency__in=WITH_THREE_DECIMALS, price=Round("price", 3))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("subscriptions", "0009_prices_with_three_decimals")]

    operations = [
        AddCheckConstraintOnline(
            "plan",
            models.CheckConstraint(
                condition=Q(price=Round("price", 0)) | ~Q(currency__in=WITHOUT_DECIMALS) & TWO | THREE,
                name="plan_price_in_minor_units",
            ),
        ),
        AddCheckConstraintOnline(
            "subscriptionevent", models.CheckConstraint(condition=TWO | THREE, name="event_price_in_minor_units")
        ),
    ]
