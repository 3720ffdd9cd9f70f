"""Views by their dotted names."""

import pytest
from django.test import RequestFactory
from django.urls import URLResolver, path
from django.urls.resolvers import RegexPattern
from rest_framework.views import APIView

from foundation.api.lazy_view import LazyView
from foundation.api.views import NotFoundView


def test_view_answers_and_tells_its_class() -> None:
    view = LazyView("foundation.api.views.NotFoundView")
    assert view(RequestFactory().get("/")).status_code == 404
    assert view.cls is NotFoundView
    assert view.csrf_exempt == APIView.as_view().csrf_exempt


def test_address_is_found_and_made_without_the_view() -> None:
    view = LazyView("nowhere.Missing")
    addresses = URLResolver(RegexPattern(r"^"), [path("missing/<int:id>", view, name="missing")])
    assert addresses.reverse("missing", 7) == "missing/7"
    assert addresses.resolve("missing/7").func is view
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        view(RequestFactory().get("/missing/7"))
