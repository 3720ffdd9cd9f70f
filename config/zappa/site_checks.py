"""Checks that the site's URL in links and the allowed hosts agree. Ids: checks.py."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error
from django.http.request import validate_host

from config.zappa.stages import Stage


def check_sites(stages: Sequence[Stage]) -> list[CheckMessage]:
    """Return an error for each stage whose links or smoke test would be answered with 400."""
    return [message for stage in stages for message in _check_site(stage)]


def site_host(site_url: str) -> str:
    """Return the host of a site URL in lower case, or "" if the URL is not https."""
    try:
        parts = urlsplit(site_url)
        usable = parts.scheme == "https" and not (parts.query or parts.fragment or parts.username or parts.port == 0)
    except ValueError:
        return ""
    return parts.hostname or "" if usable else ""


def gateway_domain(region: str) -> str:
    """Return the host suffix of API Gateway in a region.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
    """
    return f".execute-api.{region}.amazonaws.com"


def _check_site(stage: Stage) -> Iterator[CheckMessage]:
    variables = stage.settings.get("aws_environment_variables")
    if not isinstance(variables, dict) or not variables.get("SITE_URL") or not variables.get("ALLOWED_HOSTS"):
        return  # config.E034
    hosts = [host.strip().lower() for host in str(variables["ALLOWED_HOSTS"]).split(",") if host.strip()]
    yield from _check_links(stage, str(variables["SITE_URL"]), hosts)
    yield from _check_gateway(stage, hosts)


def _check_links(stage: Stage, site_url: str, hosts: list[str]) -> Iterator[CheckMessage]:
    host = site_host(site_url)
    if not host:
        hint = "Links in mails begin with it: https, a host, and the API's stage as path if there is no domain."
        yield _error(stage, f"SITE_URL {site_url!r} is not an https URL", hint, "config.E052")
    elif not validate_host(host, hosts):
        hint = f"Add {host} to ALLOWED_HOSTS: Django answers 400 for any other host."
        yield _error(stage, f"the host of SITE_URL, {host}, is not in ALLOWED_HOSTS", hint, "config.E053")


def _check_gateway(stage: Stage, hosts: list[str]) -> Iterator[CheckMessage]:
    domain = gateway_domain(str(stage.settings.get("aws_region")))
    if not any(host.endswith(domain) for host in hosts):
        hint = f"Add {domain}: the smoke test of a deployment uses it, and without a domain so do all users."
        yield _error(stage, f"ALLOWED_HOSTS has no host of the region's API Gateway, {domain}", hint, "config.E054")


def _error(stage: Stage, text: str, hint: str, check_id: str) -> CheckMessage:
    return Error(text, hint=hint, obj=f"zappa_settings.json {stage.name}", id=check_id)
