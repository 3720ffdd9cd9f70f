"""docs/reference/settings.md and .env.example, from config/settings.py."""

from collections.abc import Iterator, Sequence

from infra.documentation.environment_variables import Variable
from infra.documentation.generated import MARK

OTHERS = {
    "DJANGO_LOCAL": "`1` on a laptop: local values hold where a variable is missing. It has no effect on Lambda.",
    "SECRET_ARN": "A secret of Secrets Manager, one JSON object with `SECRET_KEY` and `DATABASE_URL` (or RDS's parts), "
    "read once at the start; see [secrets](../secrets.md).",
    "DATABASE_HOST": "The host of a proxy before the database of that secret. A deployment sets it.",
    "AWS_ENDPOINT_URL": "Another AWS than Amazon's, such as the local one. The AWS SDK and the service read it.",
    "AWS_USE_DUALSTACK_ENDPOINT": "`true` where the function reaches AWS by IPv6 alone. The AWS SDK and the service "
    "read it.",
    "DJANGO_SETTINGS_MODULE": "`config.settings`, unless a team has settings of its own.",
    "PROJECT, STAGE": "Dimensions of the metrics. Zappa sets them.",
}
"""Variables that are read before the settings, or by others."""


def settings_document(variables: Sequence[Variable]) -> str:
    """Return docs/reference/settings.md."""
    return "\n".join(_document(variables)) + "\n"


def env_example(variables: Sequence[Variable]) -> str:
    """Return .env.example: every variable with its default, commented out."""
    return "\n".join(_example(variables)) + "\n"


def _document(variables: Sequence[Variable]) -> Iterator[str]:
    yield f"# Settings\n\n{MARK}\n"
    yield "All settings come from environment variables. On AWS they are a stage's `aws_environment_variables` in"
    yield "`zappa_settings.json`; secrets are in Secrets Manager. With `DJANGO_LOCAL=1` local values hold where a"
    yield "required variable is missing. Otherwise the service refuses to start and names every variable that is"
    yield "missing or broken.\n"
    yield "## Required\n"
    yield "| variable | meaning | local value |\n|---|---|---|"
    yield from (_row(variable) for variable in variables if variable.required)
    yield "\n## Optional\n"
    yield "| variable | meaning | default |\n|---|---|---|"
    yield from (_row(variable) for variable in variables if not variable.required)
    yield "\n## Before and beside the settings\n"
    yield "| variable | meaning |\n|---|---|"
    yield from (f"| `{name}` | {meaning} |" for name, meaning in OTHERS.items())


def _row(variable: Variable) -> str:
    form = f" ({variable.form})" if variable.form else ""
    return f"| `{variable.name}` | {variable.meaning}{form} | {_code(variable.default)} |"


def _code(value: str) -> str:
    return f"`{value}`" if value else ""


def _example(variables: Sequence[Variable]) -> Iterator[str]:
    yield "# Made by `make reference` from config/settings.py; docs/reference/settings.md says what each means."
    yield "# Nothing reads this file by itself: copy it to .env, and `set -a; . ./.env; set +a` before manage.py."
    yield "\nDJANGO_LOCAL=1\n"
    for variable in variables:
        yield f'# {variable.name}="{variable.default}"'
