"""Shared fixtures: a database that other processes can open, the local AWS, and Zappa's handler."""

import os
import shutil
from collections.abc import Iterator
from socket import socket

import boto3
import pytest
from django.conf import LazySettings, settings
from django.db import connection
from django.urls import set_script_prefix
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from config.aws_lambda import secrets_manager
from foundation import gate_store
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.emulator.moto_server import MotoServer
from infra.lambda_local.sandbox.unpacked_package import UnpackedPackage
from infra.local.lambda_function import LambdaFunction
from infra.local.site import Site
from infra.packaging.package import make_package
from infra.packaging.zappa_stage import ZappaStage, load_stage
from notifications.aws import clients
from tests.infra.built_package import BuiltPackage
from tests.support.injected_answers import InjectedAnswers
from tests.support.patience import PATIENCE_SECONDS
from tests.support.traffic import Traffic

# The same examples in every run, for as long as they take.
hypothesis_settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("steady")

WAITS_FOR_AWS = [
    (clients, "CONNECT_TIMEOUT"),
    (clients, "READ_TIMEOUT"),
    (secrets_manager, "TIMEOUT"),
    (gate_store, "TIMEOUT"),
]
"""Time limits of the service, which the local AWS may exceed on a busy machine."""


DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
DEPLOYED_FIXTURES = {"package", "chromium", "second_aws"}
"""Fixtures that take seconds: the zip, Chromium, and an emulator beside moto."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they need, and leave tests marked `postgresql` out of the pass on SQLite."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        needs_database = item.get_closest_marker("django_db") or item.get_closest_marker("postgresql")
        if needs_database or fixtures & DATABASE_FIXTURES:
            item.add_marker("database")
        if fixtures & DEPLOYED_FIXTURES:
            item.add_marker("deployed")
    if connection.vendor == "postgresql":
        return
    left_out = [item for item in items if item.get_closest_marker("postgresql")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def nothing_of_the_last_request() -> None:
    """Reset what the last request of another test left: script prefix, language and time zone."""
    set_script_prefix("/")
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Use a database per worker; on SQLite a file, because processes and threads cannot share one in memory."""
    if connection.vendor == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Set `DATABASE_URL` to the test database for child processes, and make PostgreSQL's plans reproducible."""
    with django_db_blocker.unblock():
        _never_analyze()
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{name}"
    else:
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        os.environ["DATABASE_URL"] = f"{server}/{name}"


def _never_analyze() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'ALTER TABLE "{table}" SET (autovacuum_enabled = false)')


@pytest.fixture
def through_stripe(settings: LazySettings) -> None:
    """Name Stripe as the payment provider, of which nothing is asked."""
    settings.PAYMENT_PROVIDER = "stripe"


@pytest.fixture(scope="session")
def injected_answers() -> InjectedAnswers:
    """Return the layer of injected responses around the local AWS."""
    return InjectedAnswers()


@pytest.fixture
def answers(injected_answers: InjectedAnswers) -> Iterator[InjectedAnswers]:
    """Yield the layer of injected responses for one test."""
    injected_answers.forget()
    yield injected_answers
    injected_answers.forget()


@pytest.fixture(scope="session")
def local_aws(injected_answers: InjectedAnswers) -> Iterator[LocalAWS]:
    """Start the local AWS once; the service's own clients find it as they find AWS."""
    server = MotoServer(injected_answers.around)
    with (
        LocalAWS(topic_arn=settings.SNS_TOPIC_ARN, from_address=settings.SES_FROM_ADDRESS, emulator=server) as local,
        pytest.MonkeyPatch.context() as patch,
    ):
        for module, limit in WAITS_FOR_AWS:
            patch.setattr(module, limit, PATIENCE_SECONDS)
        # moto loads a service at its first request, for which a function that starts has little time.
        boto3.client("secretsmanager").list_secrets()
        yield local
    clients.forget_clients()


@pytest.fixture
def aws(local_aws: LocalAWS) -> LocalAWS:
    """Return the local AWS with topic, queue and identity, and nothing sent yet."""
    local_aws.reset()
    return local_aws


@pytest.fixture
def fresh_clients() -> Iterator[None]:
    """Recreate AWS clients for a test that changes their environment."""
    clients.forget_clients()
    yield
    clients.forget_clients()


@pytest.fixture
def aws_that_cannot_be_reached(aws: LocalAWS, fresh_clients: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make every connection to AWS fail."""
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        yield


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Serve the site from a server of its own."""
    with Site() as site:
        yield site


@pytest.fixture
def traffic(transactional_db: None) -> Iterator[Traffic]:
    """Yield the requests of one test; all are answered before the database is emptied."""
    with Traffic() as traffic:
        yield traffic
        traffic.wait_until_quiet()


@pytest.fixture(scope="session")
def stage() -> ZappaStage:
    """Return the stage `dev` of zappa_settings.json."""
    return load_stage("dev")


@pytest.fixture(scope="session")
def lambda_function(stage: ZappaStage) -> LambdaFunction:
    """Return the warm function that Zappa deploys for `dev`, on the test database."""
    return LambdaFunction(stage)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltPackage]:
    """Build the package of the working tree in about 20 seconds, once for all workers."""
    archive = tmp_path_factory.mktemp("package") / "package.zip"
    shutil.copyfile(make_package("dev"), archive)
    with UnpackedPackage(archive) as unpacked:
        yield BuiltPackage(archive, unpacked.directory)
