"""Periods of calendar months. 0023 checks the columns of large tables, whose rows are not read here."""

import django.core.validators
from django.db import migrations, models

from foundation.schema.online_fields import AddFieldUnchecked


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0012_request_counts_move_to_throttling'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='duration_months',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='calendar months, 12 for a year; 0: the duration in days holds', validators=[django.core.validators.MaxValueValidator(1200)], verbose_name='months'),
        ),
        AddFieldUnchecked(
            model_name='subscription',
            name='anchor_day',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, help_text='day of the month on which periods of months end; 0: that of the present end', verbose_name='anchor day'),
        ),
        AddFieldUnchecked(
            model_name='subscriptionevent',
            name='duration_months',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='of the period that was sold; 0: it was sold by days', verbose_name='months'),
        ),
        migrations.AlterField(
            model_name='plan',
            name='duration_days',
            field=models.PositiveIntegerField(help_text='days of 24 hours; of a plan by months a typical length, for programs that know no months', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(36525)], verbose_name='duration'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('duration_months__gte', 0), ('duration_months__lte', 1200)), name='plan_months_in_range'),
        ),
    ]
