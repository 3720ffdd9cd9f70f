"""Admin lookups that the database refuses."""

import logging
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import DatabaseError
from django.db.models import Field, Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from config.web import admin_urls  # noqa: F401 - registers every list
from subscriptions.models import Subscription
from tests.support.staff import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BAD = [
    ("exact", "\x00"), ("in", "1,\x00"), ("regex", "["), ("range", "1"), ("exact", "9" * 30),
    ("year", "9" * 30), ("isnull", "x"),
]  # fmt: skip
LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def client() -> Client:
    return sign_in(User.objects.create_superuser("root"))


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def columns_of(model: type[Model]) -> list[str]:
    """Return one column of each type."""
    fields = [field for field in model._meta.get_fields() if isinstance(field, Field)]
    return list({field.get_internal_type(): field.name for field in fields}.values())


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_bad_lookup_leads_to_the_list_or_is_a_bad_request(model: type[Model], client: Client, caplog: Any) -> None:
    for column in columns_of(model):
        for lookup, value in BAD:
            answer = client.get(list_of(model), {f"{column}__{lookup}": value})
            assert answer.status_code in {200, 302, 400}, (column, lookup, value)
            if answer.status_code == 302:
                assert answer["Location"] == f"{list_of(model)}?e=1"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.postgresql
@pytest.mark.parametrize("parameter", ["state__exact", "status__exact", "first_name__contains", "name", "digest__in"])
def test_nul_leads_to_the_list_without_filters(parameter: str, client: Client) -> None:
    lists = [list_of(model) for model in LISTS if _has(model, parameter)]
    assert lists
    for address in lists:
        answer = client.get(f"{address}?{parameter}=%00", follow=True)
        assert (answer.redirect_chain, answer.status_code) == ([(f"{address}?e=1", 302)], 200)


def _has(model: type[Model], parameter: str) -> bool:
    try:
        return model._meta.get_field(parameter.partition("__")[0]).concrete
    except FieldDoesNotExist:
        return False


@pytest.mark.parametrize("parameter", ["p", "o", "q", "_changelist_filters", "_facets"])
def test_other_parameters_of_a_list(parameter: str, client: Client) -> None:
    for model in LISTS:
        assert client.get(f"{list_of(model)}?{parameter}=a%00b").status_code in {200, 302}, model


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_key_that_cannot_be_one_is_of_nothing(page: str, client: Client) -> None:
    for model in LISTS:
        address = f"{list_of(model)}a%00b/{page}/"
        assert client.get(address).status_code in {302, 403, 404}, address


def test_error_of_another_cause_shows_itself(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise DatabaseError("broken")

    monkeypatch.setattr("django.contrib.admin.views.main.ChangeList.get_results", fail)
    client.raise_request_exception = False
    answer = client.get(list_of(Subscription) + "?status__exact=active", follow=True)
    assert answer.status_code == 500
    assert client.get(list_of(Subscription)).status_code == 500
