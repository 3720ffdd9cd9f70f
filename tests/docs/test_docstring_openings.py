"""Docstrings open with a verb or a noun. Ruff's D401 recognises verbs only."""

import pytest
from django.conf import settings

from tests.docs.docstring_openings import docstrings, openings

LIMITS = {
    "config": 0.01,
    "infra": 0.03,
    "notifications": 0.27,
    "subscriptions": 0.16,
    "tests": 0.04,
}
"""Highest allowed share of docstrings that open with a relative clause, per folder; 1 % elsewhere."""

TODAY = openings(settings.BASE_DIR)


@pytest.mark.parametrize("folder", sorted(TODAY))
def test_docstrings_of_a_folder_open_with_a_verb_or_a_noun(folder: str) -> None:
    count, relative = TODAY[folder]

    assert relative <= count * LIMITS.get(folder, 0.01)


def test_docstrings_of_modules_classes_functions_and_attributes_are_counted() -> None:
    source = '"""Module."""\nclass A:\n    """Class."""\n    x = 1\n    """Attribute."""\n'
    source += '    def f(self):\n        """Function."""'

    assert sorted(docstrings(source)) == ["Attribute.", "Class.", "Function.", "Module."]
