"""Page with its forms, as a browser reads it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]

WITHOUT_VALUE = {"checkbox", "radio", "submit"}
"""Types of inputs that a browser sends only if they are chosen."""


@dataclass
class Form:
    """Form: its address, the values that it sends, and what each button adds by the button's label."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """Page at an address, with its status and forms."""

    def __init__(self, url: str, status: int, html: str) -> None:
        super().__init__()
        self.url = url
        self.status = status
        self.forms: list[Form] = []
        self._button: dict[str, str] | None = None
        self._label = ""
        self.feed(html)

    def form_with(self, button: str) -> Form | None:
        """Return the form with a button of this label, or None."""
        return next((form for form in self.forms if button in form.buttons), None)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "button":
            self._button, self._label = ({given["name"]: given.get("value", "")} if "name" in given else {}), ""
        elif tag == "input" and self.forms and given.get("name") and self._is_sent(given):
            self.forms[-1].values[given["name"]] = given.get("value", "on")

    def handle_data(self, data: str) -> None:
        self._label += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None and self.forms:
            self.forms[-1].buttons[self._label.strip()] = self._button
            self._button = None

    @staticmethod
    def _is_sent(given: dict[str, str]) -> bool:
        return given.get("type") not in WITHOUT_VALUE or "checked" in given
