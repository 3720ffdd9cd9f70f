"""Contrast of a page by WCAG 2.2."""

import re

from playwright.sync_api import Locator

READABLE = 4.5
"""Minimum contrast, https://www.w3.org/TR/WCAG22/#contrast-minimum."""


def colour_of(element: Locator, name: str) -> list[float]:
    """Return red, green and blue from 0 to 1. Fails for a transparent colour."""
    colour = element.evaluate("(element, name) => getComputedStyle(element).getPropertyValue(name)", name)
    assert re.fullmatch(r"rgb\(\d+, \d+, \d+\)", colour), f"{name} is {colour}"
    return [int(part) / 255 for part in re.findall(r"\d+", colour)]


def contrast(first: list[float], second: list[float]) -> float:
    """Return the contrast ratio, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: list[float]) -> float:
    """Return the luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
