"""Write docs/reference and .env.example anew: `python -m infra.documentation.reference`."""

import subprocess
from pathlib import Path

from infra.project_settings import set_up_project

ROOT = Path(__file__).resolve().parents[2]
NOT_DEPLOYED = ("benchmarks/", "examples/", "infra/", "tests/")


def generate() -> dict[str, str]:
    """Return every generated document by its path. Django must be set up."""
    # They import models, which need Django.
    from config import settings  # noqa: PLC0415
    from infra.documentation import (  # noqa: PLC0415
        checks_reference,
        commands_reference,
        environment_variables,
        metrics_reference,
        settings_reference,
        structure_reference,
    )

    source = environment_variables.SETTINGS.read_text()
    variables = environment_variables.read_variables(dict(vars(settings)), source)
    targets = commands_reference.make_targets((ROOT / "Makefile").read_text())
    return {
        ".env.example": settings_reference.env_example(variables),
        "docs/reference/settings.md": settings_reference.settings_document(variables),
        "docs/reference/checks.md": checks_reference.checks_document(checks_reference.read_checks(deployed_sources())),
        "docs/reference/metrics.md": metrics_reference.metrics_document(),
        "docs/reference/commands.md": commands_reference.commands_document(
            targets, commands_reference.management_commands(ROOT)
        ),
        "docs/reference/structure.md": structure_reference.structure_document(ROOT),
    }


def deployed_sources() -> dict[str, str]:
    """Return the deployed Python modules by their path."""
    listed = subprocess.run(
        ["git", "ls-files", "--", "*.py"],  # noqa: S607 - whatever git is installed
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    paths = [path for path in listed if not path.startswith(NOT_DEPLOYED) and (ROOT / path).exists()]
    return {path: (ROOT / path).read_text() for path in paths}


def main() -> None:
    """Write the documents whose text differs, and name them."""
    set_up_project()
    for name, text in generate().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
