"""A subscription that renews by a card."""

from datetime import timedelta

import pytest
from django.test import Client

from foundation import clock
from payments.models import PaymentMethod, Renewal
from subscriptions.models import Subscription
from tests.payments.providers.stripe.scripted import Script
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in


@pytest.fixture
def renewal(online: Script) -> Renewal:
    """Create a subscription that renews automatically by a card."""
    now = clock.now()
    user = make_user()
    held = Subscription.objects.create(user=user, plan=make_plan(), start_date=now, end_date=now + timedelta(days=1))
    method = PaymentMethod.objects.create(
        user=user, provider="stripe", customer="cus_1", token="pm_old", brand="visa", last4="1111"
    )
    return Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=now
    )


@pytest.fixture
def browser(renewal: Renewal) -> Client:
    return sign_in(renewal.subscription.user)
