"""Static files as served by a deployed function."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.web.static_files import StaticFilesMiddleware

pytestmark = pytest.mark.django_db  # at a request's end Django looks at the connection that an earlier test opened


@pytest.fixture
def middleware(tmp_path: Path, settings: Any) -> StaticFilesMiddleware:
    """Return the middleware in front of a site whose pages all say "page", with one static file."""
    (tmp_path / "site.css").write_text("a { color: red }")
    settings.STATIC_ROOT, settings.WHITENOISE_AUTOREFRESH, settings.WHITENOISE_USE_FINDERS = tmp_path, False, False
    return StaticFilesMiddleware(page)


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("page")


def ask(middleware: StaticFilesMiddleware, path: str) -> str:
    response: Any = middleware(RequestFactory().get(path))
    with closing(response):
        return bytes(response.getvalue()).decode()


def test_folder_is_looked_through_when_a_file_is_asked_for(middleware: StaticFilesMiddleware) -> None:
    assert ask(middleware, "/") == "page"
    assert middleware.files == {}
    assert ask(middleware, "/static/site.css") == "a { color: red }"
    assert list(middleware.files) == ["/static/site.css"]


def test_folder_is_looked_through_once(middleware: StaticFilesMiddleware, tmp_path: Path) -> None:
    assert ask(middleware, "/static/missing.css") == "page"
    (tmp_path / "missing.css").write_text("")
    assert ask(middleware, "/static/missing.css") == "page"
