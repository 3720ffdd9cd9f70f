"""Changes of plan: their agreed price and their credit. The release before inserts neither."""

import django.db.models.functions.math
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0010_price_changes'),
        ('subscriptions', '0022_plan_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='credit',
            field=models.DecimalField(db_default=Decimal('0'), decimal_places=3, default=Decimal('0'), help_text='value of the replaced period, by which a change of plan costs less', max_digits=11, verbose_name='credit'),
        ),
        migrations.AddField(
            model_name='renewal',
            name='next_amount',
            field=models.DecimalField(decimal_places=3, help_text='of the next renewal, while a change of plan is planned; 0: to a free plan', max_digits=11, null=True, verbose_name='amount after the change of plan'),
        ),
        migrations.AlterField(
            model_name='order',
            name='period_start',
            field=models.DateTimeField(help_text='of a renewal, the end that it continues; of a change of plan, the end that it replaces', null=True, verbose_name='start of the period'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('credit', 0), models.Q(('credit__gt', 0), ('kind', 'change')), _connector='OR'), name='order_credit_of_a_change'),
        ),
        migrations.AddConstraint(
            model_name='renewal',
            constraint=models.CheckConstraint(condition=models.Q(('next_amount', None), models.Q(('next_amount__gte', 0), models.Q(('next_amount', django.db.models.functions.math.Round('next_amount', 0)), models.Q(models.Q(('currency__in', ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')), _negated=True), ('next_amount', django.db.models.functions.math.Round('next_amount', 2))), models.Q(('currency__in', ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND')), ('next_amount', django.db.models.functions.math.Round('next_amount', 3))), _connector='OR')), _connector='OR'), name='renewal_next_amount_in_minor_units'),
        ),
    ]
