"""`{% load brand %}`: name, logo, stylesheet and footer links of the site, on pages made without a request too."""

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import get_script_prefix

from config.web.brand_stylesheet import stylesheet_url
from foundation.web import brand

register = template.Library()


@register.simple_tag
def site_name() -> str:
    """Return the name of the site."""
    return brand.site_name()


@register.simple_tag
def site_logo() -> str:
    """Return the address of the logo, SITE_LOGO."""
    return static(settings.SITE_LOGO)


@register.simple_tag
def brand_stylesheet() -> str:
    """Return the address of the accent colour's stylesheet, or an empty text."""
    return stylesheet_url()


@register.simple_tag
def footer_links() -> list[brand.FooterLink]:
    """Return the footer's links; a path gets the stage's prefix."""
    return brand.footer_links_below(get_script_prefix())


@register.simple_tag
def cancels_contracts() -> bool:
    """Return True if subscribers pay here, so that contracts can be cancelled without signing in."""
    return bool(settings.PAYMENT_PROVIDER)


@register.simple_tag
def terms_link() -> brand.FooterLink | None:
    """Return the link to the terms, or None; a path gets the stage's prefix."""
    return brand.terms_link_below(get_script_prefix())
