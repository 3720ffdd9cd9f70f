"""Table of folders: all imports of the code, including those in functions."""

from pathlib import Path

import pytest

from infra.documentation.reference import ROOT
from infra.documentation.structure_reference import Row, read_rows

SOURCES = {
    "pyproject.toml": '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["upper | beside", "lower"]',
    "upper/__init__.py": '"""The upper layer.\n\nMore of it.\n"""',
    "upper/page.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import lower.orm.rows\n" + "#\n" * 190,
    "upper/parts/__init__.py": '"""Parts of pages."""',
    "upper/parts/form.py": "def form():\n    from lower import time\n",
    "upper/migrations/__init__.py": "",
    "beside/__init__.py": '"""Stands beside it."""',
    "lower/__init__.py": '"""The lower layer."""',
    "lower/time.py": "import json\n",
    "lower/orm/__init__.py": '"""Rows."""',
    "lower/orm/rows.py": "",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, source in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_rows_follow_the_layers_and_hold_imports_for_types_and_in_functions(project: Path) -> None:
    assert read_rows(project) == [
        Row("upper", "The upper layer.", 200, ("lower/orm",)),
        Row("upper/parts", "Parts of pages.", 20, ("lower",)),
        Row("beside", "Stands beside it.", 20, ()),
        Row("lower", "The lower layer.", 20, ()),
        Row("lower/orm", "Rows.", 20, ()),
    ]


def test_every_folder_says_what_it_holds() -> None:
    assert [row.folder for row in read_rows(ROOT) if not row.purpose] == []
