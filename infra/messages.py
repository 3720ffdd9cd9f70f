"""Translation catalogues without system programs: xgettext, msgmerge and msgfmt by Babel and Django.

    python -m infra.messages

updates each `locale/*/LC_MESSAGES/django.po` from code and templates, compiles it, and prints untranslated messages.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template import Context, Engine, Node
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from infra.packaging.deployed_folders import with_imports
from infra.packaging.project_apps import project_apps
from infra.project_settings import set_up_project

PROJECT = Path(__file__).resolve().parent.parent
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
"""Message arguments of Django's functions in Babel's notation; "c" marks a context."""

Identity = str | tuple[str, ...]
"""Text, or singular and plural."""
Found = tuple[str, Identity, str | None]
"""Location, message and context."""


def catalogues() -> list[Path]:
    """Return the paths of all catalogues."""
    return sorted((PROJECT / "locale").glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """Return the catalogue in a file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def updated(path: Path) -> Catalog:
    """Return the catalogue with the current messages: new ones empty, unused ones removed."""
    template, catalogue = Catalog(), read(path)
    for place, message, context in sorted(found(), key=lambda entry: entry[0]):
        template.add(message, locations=[(place, 0)], context=context)
    template.creation_date = catalogue.creation_date  # otherwise every run would change the file
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def as_text(catalogue: Catalog) -> bytes:
    """Return the content of the .po file."""
    file = io.BytesIO()
    write_po(file, catalogue, width=120, include_lineno=False)
    return file.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """Return the content of the .mo file."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the messages without a translation, or with one marked fuzzy."""
    return [str(message.id) for message in catalogue if message.id and (message.fuzzy or not _is_translated(message))]


def found() -> Iterator[Found]:
    """Yield every message in code and templates."""
    for package in _packages():
        yield from _in_code(_modules(package))
        yield from _in_templates(filter(_is_installed, (PROJECT / package).rglob("templates/**/*.*")))


def sources() -> Iterator[Path]:
    """Yield the modules that may contain messages."""
    for package in _packages():
        yield from _modules(package)


def main() -> int:
    """Write changed catalogues. Return 1 if messages are untranslated."""
    set_up_project()
    missing = 0
    for path in catalogues():
        catalogue = updated(path)
        path.write_bytes(as_text(catalogue))
        path.with_suffix(".mo").write_bytes(compiled(read(path)))
        for message in untranslated(catalogue):
            missing += 1
            print(f"{path.relative_to(PROJECT)}: not translated: {message}")
    return 1 if missing else 0


def _is_translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(texts)


def _packages() -> list[str]:
    packages = [Path(config.path).relative_to(PROJECT).parts[0] for config in project_apps()]
    return sorted(with_imports(PROJECT, packages))


def _modules(package: str) -> Iterator[Path]:
    modules = filter(_is_installed, (PROJECT / package).rglob("*.py"))
    return (path for path in modules if "migrations" not in path.relative_to(PROJECT).parts)


def _is_installed(path: Path) -> bool:
    """Return False for a file of an app that the settings leave out."""
    installed = {Path(config.path) for config in project_apps()}
    return all(folder in installed for folder in path.parents if (folder / "apps.py").is_file())


def _in_code(paths: Iterable[Path]) -> Iterator[Found]:
    for path in paths:
        with path.open("rb") as file:
            for _, message, _, context in extract("python", file, KEYWORDS):
                yield _name(path), message, context


def _in_templates(paths: Iterable[Path]) -> Iterator[Found]:
    for path in paths:
        template = Engine.get_default().from_string(path.read_text(encoding="utf-8"))
        for node in template.nodelist.get_nodes_by_type(Node):
            if isinstance(node, (TranslateNode, BlockTranslateNode)):
                context = node.message_context.resolve(Context()) if node.message_context else None
                yield _name(path), _of_node(node), context


def _of_node(node: TranslateNode | BlockTranslateNode) -> Identity:
    if isinstance(node, TranslateNode):
        literal: str = node.filter_expression.var.literal
        return literal
    texts = [node.render_token_list(tokens)[0] for tokens in (node.singular, node.plural) if tokens]
    return texts[0] if len(texts) == 1 else tuple(texts)


def _name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
