"""Charging by a provider: attempts, methods, renewals and messages, and what orders and payments need for them."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.math
import foundation.orm.price_field
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0001_orders_and_payments'),
        ('subscriptions', '0017_plan_descriptions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('way', models.CharField(choices=[('', 'none yet'), ('page', "the provider's page"), ('charge', 'a charge to the saved method'), ('manual', 'recorded by staff')], max_length=10, verbose_name='way')),
                ('reference', models.CharField(blank=True, default='', max_length=200, verbose_name='reference')),
                ('begun_at', models.DateTimeField(verbose_name='begun at')),
                ('ended_at', models.DateTimeField(verbose_name='ended at')),
                ('outcome', models.CharField(help_text='a member of OutcomeKind', max_length=30, verbose_name='outcome')),
                ('code', models.CharField(blank=True, default='', help_text="the provider's reason, such as expired_card", max_length=100, verbose_name='code')),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
            },
        ),
        migrations.CreateModel(
            name='PaymentMethod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=50, verbose_name='provider')),
                ('customer', models.CharField(help_text='as the provider names the user', max_length=200, verbose_name='customer')),
                ('token', models.CharField(max_length=200, verbose_name='token')),
                ('brand', models.CharField(blank=True, default='', max_length=50, verbose_name='brand')),
                ('last4', models.CharField(blank=True, default='', max_length=4, verbose_name='last four digits')),
                ('expires', models.DateField(help_text='the last day on which it can be charged', null=True, verbose_name='expires')),
                ('saved_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='saved at')),
                ('removed_at', models.DateTimeField(null=True, verbose_name='removed at')),
            ],
            options={
                'verbose_name': 'payment method',
                'verbose_name_plural': 'payment methods',
            },
        ),
        migrations.CreateModel(
            name='Renewal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('auto_renew', models.BooleanField(db_default=False, default=False, verbose_name='renews automatically')),
                ('amount', foundation.orm.price_field.PriceField(decimal_places=3, max_digits=11, verbose_name='amount')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('terms', models.CharField(blank=True, db_default='', default='', max_length=50, verbose_name='terms')),
                ('agreed_at', models.DateTimeField(verbose_name='agreed at')),
            ],
            options={
                'verbose_name': 'renewal',
                'verbose_name_plural': 'renewals',
            },
        ),
        migrations.CreateModel(
            name='WebhookMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=50, verbose_name='provider')),
                ('message_id', models.CharField(max_length=200, verbose_name='message')),
                ('type', models.CharField(max_length=100, verbose_name='type')),
                ('made_at', models.DateTimeField(help_text="by the provider's clock", verbose_name='made at')),
                ('received_at', models.DateTimeField(verbose_name='received at')),
                ('body', models.JSONField(help_text='the members that facts are made of; no personal data', verbose_name='body')),
                ('outcome', models.CharField(choices=[('pending', 'pending'), ('applied', 'applied'), ('ignored', 'ignored')], db_default='pending', default='pending', max_length=10, verbose_name='outcome')),
                ('error', models.CharField(blank=True, db_default='', default='', max_length=500, verbose_name='error')),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='attempts')),
            ],
            options={
                'verbose_name': 'webhook message',
                'verbose_name_plural': 'webhook messages',
            },
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_state_known_and_finished_at_agrees',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_renewal_names_its_period',
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_is_a_period_or_a_surplus',
        ),
        migrations.AddField(
            model_name='order',
            name='attempts',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='attempts'),
        ),
        migrations.AddField(
            model_name='order',
            name='close_requested_at',
            field=models.DateTimeField(editable=False, help_text='the charger closes it at the provider', null=True, verbose_name='to be closed since'),
        ),
        migrations.AddField(
            model_name='order',
            name='consented_at',
            field=models.DateTimeField(help_text='to the terms, and to begin at once, before money moved', null=True, verbose_name='consent'),
        ),
        migrations.AddField(
            model_name='order',
            name='due_at',
            field=models.DateTimeField(help_text='the next charge, or question to the provider', null=True, verbose_name='due at'),
        ),
        migrations.AddField(
            model_name='order',
            name='lease_token',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='lease_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='provider',
            field=models.CharField(blank=True, db_default='', default='', max_length=50, verbose_name='provider'),
        ),
        migrations.AddField(
            model_name='order',
            name='reference',
            field=models.CharField(blank=True, db_default='', default='', help_text='what the provider prepared for the way that is taken', max_length=200, verbose_name='reference'),
        ),
        migrations.AddField(
            model_name='order',
            name='renews',
            field=models.BooleanField(db_default=False, default=False, help_text='the subscriber agreed to later charges', verbose_name='renews'),
        ),
        migrations.AddField(
            model_name='order',
            name='submitted_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='submitted at'),
        ),
        migrations.AddField(
            model_name='order',
            name='terms',
            field=models.CharField(blank=True, db_default='', default='', help_text='the version that was accepted', max_length=50, verbose_name='terms'),
        ),
        migrations.AddField(
            model_name='order',
            name='way',
            field=models.CharField(blank=True, choices=[('', 'none yet'), ('page', "the provider's page"), ('charge', 'a charge to the saved method'), ('manual', 'recorded by staff')], db_default='', default='', max_length=10, verbose_name='way'),
        ),
        migrations.AddField(
            model_name='payment',
            name='invoice_url',
            field=models.URLField(blank=True, db_default='', default='', max_length=500, verbose_name='invoice'),
        ),
        migrations.AddField(
            model_name='payment',
            name='kind',
            field=models.CharField(choices=[('payment', 'payment'), ('refund', 'refund'), ('dispute', 'lost dispute')], db_default='payment', default='payment', max_length=10, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='payment',
            name='of',
            field=models.ForeignKey(help_text='the payment that is given back', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='returned', to='payments.payment', verbose_name='of'),
        ),
        migrations.AddField(
            model_name='payment',
            name='receipt_url',
            field=models.URLField(blank=True, db_default='', default='', max_length=500, verbose_name='receipt'),
        ),
        migrations.AlterField(
            model_name='order',
            name='kind',
            field=models.CharField(choices=[('first', 'first period'), ('renewal', 'renewal'), ('change', 'change of plan')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='order',
            name='state',
            field=models.CharField(choices=[('open', 'open'), ('claimed', 'being charged'), ('needs_subscriber', 'waits for the subscriber'), ('pending', 'money is on its way'), ('unknown', 'outcome unknown'), ('paid', 'paid'), ('void', 'void'), ('given_up', 'given up')], db_default='open', default='open', max_length=20, verbose_name='state'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['due_at', 'id'], name='order_due'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('finished_at__isnull', True), ('kind', 'change')), fields=('subscription',), name='order_one_open_change_per_subscription'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('provider', 'reference'), name='order_one_per_reference'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state__in', ['open', 'claimed', 'needs_subscriber', 'pending', 'unknown'])), models.Q(('finished_at__isnull', False), ('state__in', ['paid', 'void', 'given_up'])), _connector='OR'), name='order_state_and_finish_agree'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'first'), ('period_start__isnull', True)), models.Q(('kind', 'renewal'), ('period_start__isnull', False), ('subscription__isnull', False)), models.Q(('kind', 'change'), ('subscription__isnull', False)), _connector='OR'), name='order_kind_names_its_period'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'claimed'), _negated=True), models.Q(('lease_token__isnull', False), ('lease_until__isnull', False)), _connector='OR'), name='order_claimed_has_a_lease'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'payment'), _negated=True), models.Q(('event__isnull', True), ('surplus', True)), models.Q(('event__isnull', False), ('order__isnull', False), ('subscription__isnull', False), ('surplus', False)), _connector='OR'), name='payment_is_period_or_surplus'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('kind', 'payment'), ('of__isnull', True)), models.Q(('amount__lt', 0), ('event__isnull', True), ('kind__in', ['refund', 'dispute']), ('of__isnull', False), ('surplus', False)), _connector='OR'), name='payment_kind_and_sign_agree'),
        ),
        migrations.AddField(
            model_name='attempt',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tries', to='payments.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='renewal',
            name='method',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewals', to='payments.paymentmethod', verbose_name='payment method'),
        ),
        migrations.AddIndex(
            model_name='webhookmessage',
            index=models.Index(fields=['received_at', 'id'], name='webhook_message_by_receipt'),
        ),
        migrations.AddIndex(
            model_name='webhookmessage',
            index=models.Index(condition=models.Q(('outcome', 'pending')), fields=['id'], name='webhook_message_pending'),
        ),
        migrations.AddConstraint(
            model_name='webhookmessage',
            constraint=models.UniqueConstraint(fields=('provider', 'message_id'), name='webhook_message_once'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(fields=('order', 'number'), name='attempt_one_per_number'),
        ),
        migrations.AddIndex(
            model_name='paymentmethod',
            index=models.Index(condition=models.Q(('removed_at__isnull', True)), fields=['expires'], name='payment_method_by_expiry'),
        ),
        migrations.AddIndex(
            model_name='paymentmethod',
            index=models.Index(fields=['provider', 'customer'], name='payment_method_by_customer'),
        ),
        migrations.AddConstraint(
            model_name='paymentmethod',
            constraint=models.UniqueConstraint(fields=('provider', 'token'), name='payment_method_once_per_token'),
        ),
        migrations.AddConstraint(
            model_name='renewal',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='renewal_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='renewal',
            constraint=models.CheckConstraint(condition=models.Q(('amount', django.db.models.functions.math.Round('amount', 0)), models.Q(models.Q(('currency__in', ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')), _negated=True), ('amount', django.db.models.functions.math.Round('amount', 2))), models.Q(('amount', django.db.models.functions.math.Round('amount', 3)), ('currency__in', ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'))), _connector='OR'), name='renewal_amount_in_minor_units'),
        ),
        # Keys to users and subscriptions come last: each keeps writers from that table until the end.
        migrations.AddField(
            model_name='order',
            name='voided_by',
            field=models.ForeignKey(help_text='empty: the subscriber, or the system', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='voided by'),
        ),
        migrations.AddField(
            model_name='paymentmethod',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payment_methods', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AddField(
            model_name='renewal',
            name='subscription',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='renewal', to='subscriptions.subscription', verbose_name='subscription'),
        ),
        migrations.AddIndex(
            model_name='renewal',
            index=models.Index(condition=models.Q(('auto_renew', True)), fields=['subscription'], name='renewal_automatic'),
        ),
    ]
