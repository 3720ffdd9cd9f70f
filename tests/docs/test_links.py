"""Links between documents, and from code to documents, lead somewhere."""

import re
import subprocess

import pytest

from tests.docs.markdown import ROOT, Document, documents

OUTSIDE = re.compile(r"^[a-z]+:")
MADE = {"build/emulator"}
"""Generated folders, which are not committed."""


def _problem(document: Document, link: str) -> str | None:
    path, _, anchor = link.partition("#")
    target = (ROOT / document.path).parent / path if path else ROOT / document.path
    if not target.exists():
        return f"{document.path}: {link} does not exist"
    if anchor and anchor not in Document(str(target.resolve().relative_to(ROOT))).anchors():
        return f"{document.path}: {link} names no heading"
    return None


def _problems(document: Document) -> list[str]:
    inside = [link for link in document.links() if not OUTSIDE.match(link)]
    return [problem for link in inside if (problem := _problem(document, link))]


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.path)
def test_relative_links_lead_to_files_and_headings(document: Document) -> None:
    assert _problems(document) == []


def test_broken_link_and_broken_anchor_are_found() -> None:
    document = Document("README.md")
    assert _problem(document, "docs/nowhere.md") == "README.md: docs/nowhere.md does not exist"
    assert (
        _problem(document, "docs/performance.md#nowhere") == "README.md: docs/performance.md#nowhere names no heading"
    )


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return listed.stdout.splitlines()


def _grep(pattern: str, *paths: str) -> list[str]:
    command = ["git", "grep", "-hoIE", pattern, "--", *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.path)
def test_files_that_documents_name_exist(document: Document) -> None:
    folders = "|".join(sorted({path.partition("/")[0] for path in _tracked() if "/" in path and path[0] != "."}))
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", document.text)
    assert [name for name in named if not (ROOT / name).exists() and name not in MADE] == []


def test_documents_that_code_names_exist() -> None:
    named = set(_grep(r"docs/[A-Za-z0-9_/-]+\.(md|yml|json|svg)", "*.py", "*.yaml", "*.toml", "*.sql", "Makefile"))
    assert "docs/runbook.md" in named
    assert {name for name in named - {"docs/nowhere.md"} if not (ROOT / name).exists()} == set()


def test_code_cites_no_design_that_is_not_here() -> None:
    assert _grep(r"[Dd]esign sectio[n]|docs/decision[s]\.md") == []
