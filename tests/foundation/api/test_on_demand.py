"""Views by their dotted names."""

import copy

import pytest
from django.test import RequestFactory
from rest_framework.views import APIView

from foundation.api.on_demand import OnDemand
from foundation.api.views import NothingHere


def test_view_answers_and_tells_what_it_is() -> None:
    view = OnDemand("foundation.api.views.NothingHere")
    assert view(RequestFactory().get("/")).status_code == 404
    assert view.cls is NothingHere
    assert view.csrf_exempt == APIView.as_view().csrf_exempt


def test_name_is_not_looked_up_before_somebody_asks() -> None:
    view = copy.copy(OnDemand("nowhere.Missing"))
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        view(RequestFactory().get("/"))
