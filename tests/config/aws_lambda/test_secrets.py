"""Function secret: read from Secrets Manager before the settings, and never shown."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import environ
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from config.aws_lambda.secrets import DATABASE_PARTS, UnusableSecret, database_url, load_secret, read_variables
from foundation.sigv4 import Credentials, Request, signed_headers
from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.support.deployment import environment

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[3]
KEY = "a-key-of-the-tests-that-is-as-long-and-as-mixed-as-9876543210-demand"
PASSWORD = "p@ss/w:rd?#%"
PARTS = {"username": "subs", "password": PASSWORD, "host": "db.example.com", "port": 5432, "dbname": "subs"}
URL = "postgres://subs:p%40ss%2Fw%3Ard%3F%23%25@db.example.com:5432/subs?sslmode=require"
GONE = "arn:aws:secretsmanager:us-east-1:123456789012:secret:gone"
TEXT = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters=" "), min_size=1, max_size=40)

Store = Callable[[Any], str]


@pytest.fixture
def store(aws: LocalAWS) -> Iterator[Store]:
    """Yield a function that stores a value in the local Secrets Manager and returns the ARN."""
    client = boto3.client("secretsmanager")
    made: list[str] = []

    def put(value: Any) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        made.append(client.create_secret(Name=f"subs-test/{len(made)}", SecretString=text)["ARN"])
        return made[-1]

    yield put
    for arn in made:
        client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def loaded(arn: str, **variables: str) -> dict[str, str]:
    """Return the environment of a separate process after loading the secret."""
    found = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    found |= {"SECRET_ARN": arn} | variables
    load_secret(found)
    return found


def test_key_and_address_come_out_of_the_secret(store: Store) -> None:
    found = loaded(store({"SECRET_KEY": KEY, "DATABASE_URL": "postgres://a:b@c:1/d"}))
    assert (found["SECRET_KEY"], found["DATABASE_URL"]) == (KEY, "postgres://a:b@c:1/d")


def test_secret_is_found_by_its_name_without_the_suffix(store: Store) -> None:
    arn = store({"SECRET_KEY": KEY} | PARTS)
    assert loaded(arn.rpartition("-")[0])["SECRET_KEY"] == KEY


def test_secret_wins_over_the_environment(store: Store) -> None:
    arn = store({"SECRET_KEY": KEY})
    found = loaded(arn, SECRET_KEY="old", DATABASE_URL="postgres://a:b@c:1/d")
    assert (found["SECRET_KEY"], found["DATABASE_URL"]) == (KEY, "postgres://a:b@c:1/d")


def test_parts_of_an_attached_database_become_its_address(store: Store) -> None:
    attached = PARTS | {"engine": "postgres", "dbClusterIdentifier": "subs-test"}
    assert loaded(store({"SECRET_KEY": KEY} | attached))["DATABASE_URL"] == URL


def test_proxy_stands_before_the_database_of_the_parts_and_no_other(store: Store) -> None:
    arn, proxy = store({"SECRET_KEY": KEY} | PARTS), "proxy.example.com"
    assert loaded(arn, DATABASE_HOST=proxy)["DATABASE_URL"] == URL.replace("db.example.com", proxy)
    elsewhere = store({"SECRET_KEY": KEY, "DATABASE_URL": "postgres://u:p@elsewhere.example.com/x"} | PARTS)
    assert loaded(elsewhere, DATABASE_HOST=proxy)["DATABASE_URL"] == "postgres://u:p@elsewhere.example.com/x"


@given(user=TEXT, password=TEXT)
def test_any_user_and_password_survive_the_address(user: str, password: str) -> None:
    url = database_url(PARTS | {"username": user, "password": password})
    read = environ.Env.db_url_config(url)
    assert (read["USER"], read["PASSWORD"], read["OPTIONS"]) == (user, password, {"sslmode": "require"})
    assert unquote(urlsplit(url).password or "") == password


def test_several_fallbacks_become_one_variable() -> None:
    assert read_variables('{"SECRET_KEY_FALLBACKS": ["a", "b"]}') == {"SECRET_KEY_FALLBACKS": "a,b"}


def test_provider_of_a_team_finds_its_key_and_its_secrets(store: Store) -> None:
    own = {"PAYMENT_PROVIDER_KEY": "key", "PAYMENT_PROVIDER_WEBHOOK_SECRETS": ["whsec_new", "whsec_old"]}
    found = loaded(store({"SECRET_KEY": KEY, "DATABASE_URL": URL} | own))
    assert (found["PAYMENT_PROVIDER_KEY"], found["PAYMENT_PROVIDER_WEBHOOK_SECRETS"]) == ("key", "whsec_new,whsec_old")


def test_keys_of_no_concern_stay_out_of_the_environment(store: Store) -> None:
    found = loaded(store({"SECRET_KEY": KEY, "PYTHONPATH": "elsewhere", "AWS_REGION": "x"} | PARTS))
    assert not found.keys() & {"PYTHONPATH", *DATABASE_PARTS}
    assert found.get("AWS_REGION") != "x"


def test_without_arn_nothing_is_read() -> None:
    unchanged = {"SECRET_KEY": KEY}
    load_secret(unchanged)
    assert unchanged == {"SECRET_KEY": KEY}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"DATABASE_URL": URL}, "has no SECRET_KEY. "),
        ({"SECRET_KEY": KEY}, "has no DATABASE_URL. "),
        ({"SECRET_KEY": ""}, "has no SECRET_KEY and no DATABASE_URL. "),
        ({"SECRET_KEY": KEY, "password": PASSWORD}, "has no DATABASE_URL. "),
        ([KEY], "is not a JSON object"),
        (f"{{{KEY}", "is not a JSON object"),
    ],
)
def test_secret_that_lacks_a_key_is_told_by_the_keys_name(value: Any, message: str, store: Store) -> None:
    with pytest.raises(UnusableSecret, match=message) as refusal:
        loaded(store(value))
    assert not any(text in str(refusal.value) for text in (KEY, PASSWORD, URL))
    assert refusal.value.__context__ is None


def test_secret_that_is_not_there_is_told_with_awss_word(aws: LocalAWS) -> None:
    with pytest.raises(UnusableSecret, match=r"secret:gone cannot be read: ResourceNotFoundException "):
        loaded(GONE)


def test_text_that_is_no_arn_is_told(aws: LocalAWS) -> None:
    with pytest.raises(UnusableSecret, match="'subs-dev', which is not an ARN"):
        loaded("subs-dev")


def test_missing_credentials_are_named(aws: LocalAWS) -> None:
    with pytest.raises(UnusableSecret, match="AWS_SECRET_ACCESS_KEY not set"):
        loaded(GONE, AWS_SECRET_ACCESS_KEY="")


def test_service_that_does_not_answer_is_told(aws: LocalAWS) -> None:
    with pytest.raises(UnusableSecret, match="does not answer: ConnectionRefusedError"):
        loaded(GONE, AWS_ENDPOINT_URL="http://127.0.0.1:1")


@given(
    body=st.binary(max_size=200),
    secret=TEXT,
    token=st.just("") | TEXT,
    region=st.sampled_from(["us-east-1", "x"]),
    version=st.sampled_from(["1.0", "1.1"]),
)
def test_signature_is_botocores(body: bytes, secret: str, token: str, region: str, version: str) -> None:
    host = f"secretsmanager.{region}.amazonaws.com"
    request = Request(host, "secretsmanager", region, "secretsmanager.GetSecretValue", body, version)
    ours = signed_headers(request, Credentials("AKID", secret, token), datetime.now(UTC))

    headers = {name: value for name, value in ours.items() if name not in {"authorization", "host"}}
    theirs = AWSRequest("POST", f"https://{host}/", headers=headers, data=body)
    theirs.context["timestamp"] = ours["x-amz-date"]
    signer = SigV4Auth(BotocoreCredentials("AKID", secret, token or None), "secretsmanager", region)
    signature = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)

    assert ours["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(theirs)}, "
        f"SignedHeaders={signer.signed_headers(signer.headers_to_sign(theirs))}, Signature={signature}"
    )


def run_settings(*without: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Start Django as deployed in a new process, with the local AWS and no secret in the environment."""
    script = "import django; django.setup(); from django.conf import settings as s; print(s.SECRET_KEY[:5])"
    found = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    given = environment(DJANGO_SETTINGS_MODULE="config.settings", **found, **variables)
    for name in ("SECRET_KEY", "DATABASE_URL", *without):
        del given[name]
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=False)


def test_deployed_settings_start_from_the_secret_alone_and_show_none_of_it(store: Store) -> None:
    arn = store({"SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": ["older"]} | PARTS)
    result = run_settings(SECRET_ARN=arn)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{KEY[:5]}\n", "")


def test_start_without_a_key_in_the_secret_fails_and_names_it(store: Store) -> None:
    result = run_settings(SECRET_ARN=store(PARTS))
    assert result.returncode == 1
    assert "has no SECRET_KEY" in result.stderr
    assert PASSWORD not in result.stderr


def test_on_lambda_the_secret_is_read_even_where_the_environment_claims_to_be_local(aws: LocalAWS) -> None:
    assert "gone cannot be read" in run_settings(SECRET_ARN=GONE, DJANGO_LOCAL="1").stderr


def test_laptop_reads_no_secret() -> None:
    result = run_settings("AWS_LAMBDA_FUNCTION_NAME", SECRET_ARN=GONE, DJANGO_LOCAL="1")
    assert (result.returncode, result.stdout) == (0, "local\n")
