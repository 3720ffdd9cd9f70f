"""docs/reference/commands.md: make's targets and the management commands of the project's apps."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.apps import apps
from django.core.management import get_commands, load_command_class

from infra.documentation.generated import MARK

TARGET = re.compile(r"^([a-z-]+):.*?## (.*)$", re.MULTILINE)


def make_targets(makefile: str) -> dict[str, str]:
    """Return what each of make's targets does, by its name."""
    return dict(TARGET.findall(makefile))


def management_commands(root: Path) -> dict[str, str]:
    """Return the help of each command of the apps in the folder, by its name; not of those that are installed."""
    own = {config.name for config in apps.get_app_configs() if (root / config.name.partition(".")[0]).is_dir()}
    found = {name: app for name, app in get_commands().items() if app in own}
    return {name: load_command_class(app, name).help for name, app in sorted(found.items())}


def commands_document(targets: Mapping[str, str], commands: Mapping[str, str]) -> str:
    """Return docs/reference/commands.md."""
    return "\n".join(_document(targets, commands)) + "\n"


def _document(targets: Mapping[str, str], commands: Mapping[str, str]) -> Iterator[str]:
    yield f"# Commands\n\n{MARK}\n"
    yield "## make\n\n| target | does |\n|---|---|"
    yield from (f"| `make {name}` | {_cell(text)} |" for name, text in targets.items())
    yield "\n## manage.py\n"
    yield "`manage.py COMMAND --help` lists the options. On Lambda: `make manage STAGE=... COMMAND=...`.\n"
    yield "| command | does |\n|---|---|"
    yield from (f"| `manage.py {name}` | {_cell(text)} |" for name, text in commands.items())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
