"""Write config/web/static/config/openapi.json anew: `python -m infra.documentation.api_description`."""

from pathlib import Path

from django.core.management import call_command

from infra.project_settings import set_up_project

DESCRIPTION = Path(__file__).resolve().parents[2] / "config" / "web" / "static" / "config" / "openapi.json"


def main() -> None:
    """Describe the endpoints of all installed apps. Raises SystemExit or CommandError for a warning."""
    set_up_project()
    call_command("spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json", "--file", str(DESCRIPTION))


if __name__ == "__main__":
    main()
