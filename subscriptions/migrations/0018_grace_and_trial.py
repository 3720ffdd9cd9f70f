"""Grace periods, trials and a next plan. The release before inserts none of them, and ends subscriptions by their end."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0017_plan_descriptions'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='grace_days',
            field=models.PositiveSmallIntegerField(db_default=7, default=7, help_text='days after the end on which access goes on while a renewal by charge is late', validators=[django.core.validators.MaxValueValidator(90)], verbose_name='grace'),
        ),
        migrations.AddField(
            model_name='plan',
            name='trial_days',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='days free of charge, once per person; 0: none', validators=[django.core.validators.MaxValueValidator(365)], verbose_name='trial'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='grace_until',
            field=models.DateTimeField(blank=True, editable=False, help_text='access goes on until then while the payment is late', null=True, verbose_name='grace until'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='next_plan',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='the next renewal is to this plan', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subscriptions.plan', verbose_name='next plan'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='trial',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='began with a free trial, once per person', verbose_name='trial'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('grace_days__lte', 90), ('trial_days__lte', 365)), name='plan_trial_and_grace_in_range'),
        ),
    ]
