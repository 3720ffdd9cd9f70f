"""System checks of the brand.

- config.E070: a setting of the brand has a value that pages could not show.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, register

from config.web.colors import accent_color
from foundation.web.brand import LINKS, footer_link, one_line


@register
def check_brand(**options: Any) -> list[CheckMessage]:
    """Check the settings as they are: a settings module of a team's own may set them without the environment."""
    return [Error(text, hint=hint, obj=name, id="config.E070") for name, text, hint in _problems()]


def _problems() -> Iterator[tuple[str, str, str]]:
    if not _is_accepted(one_line, settings.SITE_NAME):
        yield "SITE_NAME", "the name of the site is no single line", f"Use one {one_line.__name__}."
    if settings.SITE_COLOR and not _is_accepted(accent_color, settings.SITE_COLOR):
        yield "SITE_COLOR", "the accent colour cannot be read", "Write it as #rrggbb, such as #0172ad."
    # The function has no sources of static files; what is packaged was checked before.
    if not settings.ON_LAMBDA and not finders.find(settings.SITE_LOGO):
        yield "SITE_LOGO", f"there is no static file {settings.SITE_LOGO!r}", "Put it into an app's folder `static`."
    for name in LINKS:
        if (url := getattr(settings, name)) and not _is_accepted(footer_link, url):
            yield name, "the link leads nowhere", f"Use an {footer_link.__name__}, or an empty text for no link."


def _is_accepted(read: Any, value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True
