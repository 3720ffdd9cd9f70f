"""Docstrings open with a verb or a noun. Ruff's D401 recognises verbs only."""

import pytest
from django.conf import settings

from tests.docs.docstring_openings import docstrings, openings

HIGHEST_SHARE = 0.01


@pytest.mark.slow
def test_docstrings_of_each_folder_open_with_a_verb_or_a_noun() -> None:
    today = openings(settings.BASE_DIR)

    assert today
    assert not {folder for folder, (count, relative) in today.items() if relative > count * HIGHEST_SHARE}


def test_docstrings_of_modules_classes_functions_and_attributes_are_counted() -> None:
    source = '"""Module."""\nclass A:\n    """Class."""\n    x = 1\n    """Attribute."""\n'
    source += '    def f(self):\n        """Function."""'

    assert sorted(docstrings(source)) == ["Attribute.", "Class.", "Function.", "Module."]
