"""Text per row in one parameter."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.orm.any_of import any_of
from foundation.orm.text_by_key import TextByKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def groups() -> list[Group]:
    return Group.objects.bulk_create(Group(name=f"group {number}") for number in range(4))


@pytest.mark.parametrize("odd", ["", "a'b", 'a"b', "a\\b", "%s", "{}", "é \N{PILE OF POO}", "0"])
def test_each_row_gets_its_own_text_whatever_is_in_it(groups: list[Group], odd: str) -> None:
    texts = {groups[0].pk: odd, groups[1].pk: "second", groups[2].pk: "third"}
    with CaptureQueriesContext(connection) as queries:
        assert Group.objects.filter(any_of("pk", list(texts))).update(name=TextByKey("pk", texts)) == 3
    assert len(queries) == 1
    assert dict(Group.objects.filter(pk__in=texts).values_list("pk", "name")) == texts
    assert Group.objects.get(pk=groups[3].pk).name == "group 3"


def test_row_without_a_text_has_none(groups: list[Group]) -> None:
    rows = Group.objects.filter(pk=groups[0].pk).annotate(text=TextByKey("pk", {groups[1].pk: "x"}))
    assert rows.values_list("text", flat=True).get() is None
