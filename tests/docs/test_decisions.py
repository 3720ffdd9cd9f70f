"""docs/decisions: each file has the same parts, and the index agrees with them."""

import re

from tests.docs.markdown import Document, documents

INDEX = Document("docs/decisions/README.md")
PARTS = ["Context", "Decision", "Consequences", "Rejected"]
HEAD = re.compile(r"# (\d+)\. (.+)\n\nArea: (.+) · Status: (.+) · Date: (\d{4}-\d\d-\d\d)\n")


def _decisions() -> list[Document]:
    return [document for document in documents("docs/decisions/") if document != INDEX]


def _index_row(document: Document) -> str:
    head = HEAD.match(document.text)
    assert head, f"{document.path} does not begin with number, title, area, status and date"
    number, title, area, status, date = head.groups()
    name = document.path.rpartition("/")[2]
    assert name.startswith(f"{int(number):04}-")
    return f"| {area} | [{title}]({name}) | {status} | {date} |"


def test_index_lists_every_decision_with_area_status_and_date() -> None:
    rows = [line for line in INDEX.text.splitlines() if "](0" in line]
    assert rows == [_index_row(document) for document in _decisions()]


def test_every_decision_has_context_decision_consequences_and_what_was_rejected() -> None:
    for document in _decisions():
        assert re.findall(r"^## (.*)$", document.text, re.MULTILINE) == PARTS, document.path
