"""What belongs into the deployed zip: of the project, of the packages in requirements.txt, and of their files."""

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate
from importlib.metadata import Distribution, distributions
from pathlib import Path

from django.utils.translation import to_locale

PROJECT_FILES = {"zappa_settings.json"}

MADE_BY_ZAPPA = {"django_zappa_app.py", "handler.py", "zappa_settings.py"}
"""Not package_info.json, which has the name of whoever packages, and a number that is never the same."""

AWS_SERVICES = ("sesv2", "sns", "sqs")
"""Those that deployed code makes clients for. botocore describes 400, which is half of an unfinished zip."""

NOT_DEPLOYED = {
    # Zappa's command line
    "argcomplete",
    "cfn-flip",
    "click",
    "hjson",
    "pip",
    "placebo",
    "requests",  # with what only it requires; Django REST framework imports it wherever it is installed, in 30 ms
    "certifi",  # botocore has certificates of its own
    "charset-normalizer",
    "setuptools",
    "toml",
    "tqdm",
    "troposphere",
    "wheel",
    # `manage.py spectacular --validate`, which is `make schema`
    "attrs",
    "jsonschema",
    "jsonschema-specifications",
    "pyyaml",
    "referencing",
    "rpds-py",
    # django-csp's system checks; its app is installed on laptops only
    "packaging",
    # What reads and checks zappa_settings.json where somebody deploys
    "aws-croniter",
    "python-slugify",
    "text-unidecode",
}
"""Packages that are in requirements.txt, and that nothing on Lambda imports. A new one is deployed until it is here."""

NEEDED = (
    *(f"botocore/data/{service}/*" for service in AWS_SERVICES),
    *(f"botocore/data/{name}.json" for name in ("_retry", "endpoints", "partitions", "sdk-default-configuration")),
    "build/static/*",
    "django/conf/locale/__init__.py",
    "*.dist-info/METADATA",  # psycopg and others look up their version
)
"""Exceptions from NEEDLESS."""

NEEDLESS = (
    "config/api/schema.py",  # `make schema`
    "botocore/data/*",
    "*/examples-1.json*",
    "boto3/data/*",
    "boto3/examples/*",
    "*/static/*",  # collected in build/static
    "*/locale/*",
    "*.po",
    "*.dist-info/*",
    "*/tests/*",
    "django/conf/app_template/*",
    "django/conf/project_template/*",
    "django/contrib/admindocs/*",
    "django/contrib/flatpages/*",
    "django/contrib/gis/*",
    "django/contrib/redirects/*",
    "django/contrib/syndication/*",
    "django/db/backends/mysql/*",
    "django/db/backends/oracle/*",
    "django/test/*",
    "drf_spectacular/contrib/*",
    "drf_spectacular/templates/*",
    "drf_spectacular/validation/*",
    "rest_framework/templates/*",
    "rest_framework/templatetags/*",  # of these templates; Django imports all such modules for the first page
    "urllib3/contrib/emscripten/*",
    "werkzeug/debug/*",
    "zappa/cli.py",
    "zappa/core.py",
    "zappa/letsencrypt.py",
    "zappa/policies/*",
    "*.pyi",
    "*.pyx",
    "*.pxd",
    "*.pth",
    "*/py.typed",
)
"""Files of deployed packages that nothing on Lambda reads, as patterns of shells in which * also matches a slash."""


class PackageContents:
    """Tells which of the files in Zappa's zip belong into the deployed one.

    `folders` are those of the project that are deployed, `languages` the codes of settings.LANGUAGES.
    """

    def __init__(self, site_packages: Path, folders: Iterable[str], languages: Iterable[str]) -> None:
        self._installed = set(_files(distributions(path=[str(site_packages)])))
        self._folders = tuple(f"{folder}/" for folder in folders)
        self._needed = _any_of([*NEEDED, *(f"*/locale/{language}/*" for language in map(to_locale, languages))])

    def holds(self, name: str) -> bool:
        """Whether the file of this name in the zip is deployed."""
        return (name in self._installed or self._is_ours(name)) and not self._is_needless(name)

    def _is_ours(self, name: str) -> bool:
        return name.startswith(self._folders) or name in PROJECT_FILES | MADE_BY_ZAPPA

    def _is_needless(self, name: str) -> bool:
        return bool(_NEEDLESS.fullmatch(name)) and not self._needed.fullmatch(name)


def is_deployed(distribution: str) -> bool:
    """Return whether files of the distribution are deployed, by its name on PyPI."""
    return distribution.lower().replace("_", "-") not in NOT_DEPLOYED


def _files(installed: Iterable[Distribution]) -> Iterator[str]:
    for distribution in installed:
        if is_deployed(distribution.name):
            yield from map(str, distribution.files or [])


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


_NEEDLESS = _any_of(NEEDLESS)
