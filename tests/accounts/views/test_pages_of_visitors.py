"""Pages of visitors who are not signed in: they wake no database that sleeps."""

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize("page", ["login", "sign_up", "password_reset", "cancel_contract"])
def test_form_of_a_visitor_touches_no_database(settings: LazySettings, page: str) -> None:
    settings.PAYMENT_PROVIDER = "manual"  # contracts can be cancelled where they are paid
    # Without the mark django_db any query is an error.
    assert Client().get(reverse(page)).status_code == 200
