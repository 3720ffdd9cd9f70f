"""Changes of plan in the history. The release before this one inserts none, and leaves the plan before empty."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0021_quiet_sweeps'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='subscription',
            options={'permissions': [('renew_subscription', 'Can renew any subscription and give it days'), ('cancel_subscription_now', 'Can end any subscription at once'), ('change_plan_at_once', 'Can change the plan of any subscription at once, free of charge'), ('export_subscription', 'Can export subscriptions with names and e-mail addresses')], 'verbose_name': 'subscription', 'verbose_name_plural': 'subscriptions'},
        ),
        migrations.AddField(
            model_name='subscriptionevent',
            name='old_plan',
            field=models.ForeignKey(db_index=False, help_text='of a change of plan', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subscriptions.plan', verbose_name='plan before'),
        ),
        migrations.AlterField(
            model_name='subscriptionevent',
            name='transition',
            field=models.CharField(choices=[('created', 'created'), ('renewed', 'renewed'), ('cancelled', 'cancelled'), ('reactivated', 'reactivated'), ('expired', 'expired'), ('changed', 'plan changed')], max_length=11, verbose_name='transition'),
        ),
    ]
