"""Form fields of a page as a browser would send them."""

from html.parser import HTMLParser

IGNORED_INPUTS = {"submit", "button", "image", "reset", "file"}


class HtmlForm(HTMLParser):
    """Collector of the fields of all forms: `HtmlForm.read(html)`."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._select = ""
        self._area = ""

    @classmethod
    def read(cls, html: str) -> dict[str, list[str]]:
        """Return the values of each field by name."""
        parser = cls()
        parser.feed(html)
        return parser.fields

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            self.fields[name] = [""]
        elif tag == "option" and "selected" in given and self._select:
            self.fields.setdefault(self._select, []).append(given.get("value", ""))
        elif tag == "input" and name:
            self._take_input(name, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] = [self.fields[self._area][0] + data.removeprefix("\n")]

    def _take_input(self, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        checkable = kind in {"checkbox", "radio"}
        if kind not in IGNORED_INPUTS and (not checkable or "checked" in given):
            self.fields.setdefault(name, []).append(given.get("value", "on" if checkable else ""))
