"""Notices on pages, with actions that a reader can take."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class NoticeAction:
    """A link, or a button that posts."""

    label: str
    url: str
    posts: bool = False


@dataclass(frozen=True)
class Notice:
    """A sentence and what the reader can do about it."""

    text: str
    actions: Sequence[NoticeAction] = ()

    def __str__(self) -> str:
        return self.text
