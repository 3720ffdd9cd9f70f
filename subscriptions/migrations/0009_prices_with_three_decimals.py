"""Let prices have the decimals of their currency.

PostgreSQL rewrites a table, under a lock that nobody passes, to change a column from numeric(10,2) to numeric(11,3), and
not to plain numeric. SQLite's columns have no scale.
"""

from decimal import ROUND_DOWN, Decimal

import django.core.validators
from django.db import migrations, models

import foundation.money
from foundation.orm.price_field import PriceField

WITHOUT_DECIMALS = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")

MODELS = ("plan", "subscriptionevent")


def widen(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for model in MODELS:
            table = schema_editor.quote_name(apps.get_model("subscriptions", model)._meta.db_table)
            schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN price TYPE numeric")


def narrow(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for model in MODELS:
            table = schema_editor.quote_name(apps.get_model("subscriptions", model)._meta.db_table)
            schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN price TYPE numeric(10, 2)")


def drop_fractions_that_nobody_can_pay(apps, schema_editor):
    """Down: nobody is asked for more than was shown. The history keeps what was sold."""
    plans = apps.get_model("subscriptions", "Plan").objects.using(schema_editor.connection.alias)
    for plan in plans.filter(currency__in=WITHOUT_DECIMALS):
        whole = plan.price.quantize(Decimal(1), ROUND_DOWN)
        if whole != plan.price:
            plans.filter(pk=plan.pk).update(price=whole)


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0008_sweep_unannounced")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(widen, narrow)],
            state_operations=[
                migrations.AlterField(
                    "plan",
                    "price",
                    PriceField(
                        help_text="per period",
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price",
                    ),
                ),
                migrations.AlterField("subscriptionevent", "price", PriceField(verbose_name="price")),
                migrations.AlterField(
                    "plan",
                    "currency",
                    models.CharField(
                        db_default="EUR",
                        default="EUR",
                        max_length=3,
                        validators=[foundation.money.validate_currency],
                        verbose_name="currency",
                    ),
                ),
            ],
        ),
        migrations.RunPython(drop_fractions_that_nobody_can_pay, migrations.RunPython.noop),
    ]
