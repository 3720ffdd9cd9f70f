"""docs/runbook.md says what to do about each alarm of the templates."""

import re

import pytest

from tests.docs.markdown import ROOT, Document

NAME = re.compile(r'AlarmName: !Sub "\$\{Project\}-\$\{Stage\}-([a-z-]+)"')
ALARMS = [
    name
    for template in sorted((ROOT / "infra/cloudformation").glob("*.yaml"))
    for name in NAME.findall(template.read_text())
]
TABLE = Document("docs/runbook.md").text.partition("## Which alarm\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", ALARMS)
def test_runbook_has_a_row_for_each_alarm(name: str) -> None:
    rows = [row.split("|")[1] for row in TABLE.splitlines() if row.startswith("| `")]
    assert sum(f"`{name}`" in row for row in rows) == 1


def test_runbook_names_no_alarm_that_is_gone() -> None:
    rows = [row.split("|")[1] for row in TABLE.splitlines() if row.startswith("| `")]
    assert set(re.findall(r"`([a-z-]+)`", "".join(rows))) == set(ALARMS)
