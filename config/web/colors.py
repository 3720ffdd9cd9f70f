"""Colours that are derived from one accent colour so that text on them is readable in light and in dark mode."""

import re
from dataclasses import dataclass

READABLE = 4.5
"""Contrast that text needs, https://www.w3.org/TR/WCAG22/#contrast-minimum"""


@dataclass(frozen=True)
class Color:
    """An sRGB colour; red, green and blue from 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def read(cls, text: str) -> "Color":
        """Return the colour that `#rrggbb` stands for. Raises ValueError."""
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
            raise ValueError(text)
        return cls(*bytes.fromhex(text[1:]))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    def mixed_with(self, other: "Color", share: float) -> "Color":
        """Return the colour with a share, from 0 to 1, of the other one."""
        pairs = zip((self.red, self.green, self.blue), (other.red, other.green, other.blue), strict=True)
        return Color(*(round(own + (theirs - own) * share) for own, theirs in pairs))

    def contrast(self, other: "Color") -> float:
        """Return the contrast ratio, from 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
        darker, lighter = sorted((self.luminance(), other.luminance()))
        return (lighter + 0.05) / (darker + 0.05)

    def readable_on(self, ground: "Color") -> "Color":
        """Return the colour, mixed with as little black or white as makes it readable on the ground."""
        end = ground.text()
        steps = (self.mixed_with(end, step / 20) for step in range(21))
        return next((color for color in steps if color.contrast(ground) >= READABLE), end)

    def text(self) -> "Color":
        """Return white or black, whichever is more readable on this colour."""
        return max(WHITE, BLACK, key=self.contrast)

    def luminance(self) -> float:
        red, green, blue = (_linear(part / 255) for part in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


WHITE = Color(255, 255, 255)
BLACK = Color(0, 0, 0)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def accent_color(text: str) -> str:
    """Return the text if it is a colour as `Color.read` reads it. Raises ValueError."""
    Color.read(text)
    return text


accent_color.__name__ = "colour such as #0172ad"
