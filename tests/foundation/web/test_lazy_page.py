"""Pages by their dotted names."""

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from foundation.web.lazy_page import LazyPage


def test_page_answers() -> None:
    assert LazyPage("config.web.favicon.favicon")(RequestFactory().get("/")).status_code == 302


def test_page_that_is_not_there_fails_at_its_request() -> None:
    page = LazyPage("nowhere.missing")
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        page(RequestFactory().get("/"))


@pytest.mark.parametrize("name", ["login", "logout", "sign_up", "set_language"])
def test_page_takes_no_form_of_another_site(name: str) -> None:
    assert Client(enforce_csrf_checks=True).post(reverse(name)).status_code == 403
