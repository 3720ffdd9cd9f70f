"""Stylesheet of the accent colour, SITE_COLOR: a file of its own, because the CSP allows no style in a page."""

from hashlib import sha256

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from config.web.colors import BLACK, Color

LIGHT_GROUND = Color.read("#f5f6f9")
"""Page background in site.css; white cards on it give more contrast."""
DARK_GROUND = Color.read("#1c212c")
"""Background of Pico's cards in dark mode; the page behind them is darker."""
YEAR = 31_536_000
"""Seconds; the address changes with the colour."""

STYLESHEET = """\
:root:not([data-theme]) {{
    --pico-primary-background: {background};
    --pico-primary-hover-background: {hover_background};
    --pico-primary-inverse: {inverse};
    --pico-primary: {light};
    --pico-primary-hover: {light_hover};
    --pico-primary-underline: {light}80;
    --pico-primary-focus: {light}60;
    --pico-text-selection-color: {light}40;
}}
@media (prefers-color-scheme: dark) {{
    :root:not([data-theme]) {{
        --pico-primary: {dark};
        --pico-primary-hover: {dark_hover};
        --pico-primary-underline: {dark}80;
        --pico-primary-focus: {dark}60;
        --pico-text-selection-color: {dark}30;
    }}
}}
"""


def stylesheet_url() -> str:
    """Return the address of the stylesheet, or an empty text without SITE_COLOR."""
    return reverse("brand_stylesheet", args=[_digest(settings.SITE_COLOR)]) if settings.SITE_COLOR else ""


@require_safe
def brand_stylesheet(request: HttpRequest, digest: str) -> HttpResponse:
    """Return the stylesheet of the present colour; caches keep it if it is the one that was asked for."""
    if not settings.SITE_COLOR:
        raise Http404
    response = HttpResponse(stylesheet(Color.read(settings.SITE_COLOR)), content_type="text/css; charset=utf-8")
    if digest == _digest(settings.SITE_COLOR):
        patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    return response


def stylesheet(accent: Color) -> str:
    """Return Pico's variables for the accent colour: buttons have it, links a shade of it that is readable."""
    light, dark = accent.readable_on(LIGHT_GROUND), accent.readable_on(DARK_GROUND)
    inverse = accent.text()
    return STYLESHEET.format(
        background=accent,
        # Away from the text's own colour, which keeps it readable.
        hover_background=accent.mixed_with(inverse.text(), 0.15),
        inverse=inverse,
        light=light,
        light_hover=light.mixed_with(BLACK, 0.25),
        dark=dark,
        dark_hover=dark.mixed_with(DARK_GROUND.text(), 0.4),
    )


def _digest(color: str) -> str:
    return sha256(f"{STYLESHEET}{color}".encode()).hexdigest()[:12]
