"""Checks of a stage's region, its ARNs, and the site's URL."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from config.zappa.region_checks import COMMERCIAL
from tests.config.zappa.settings_file import GOOD_EVENT, QUEUE, VARIABLES, found, ids

GATEWAY = "abcdef1234.execute-api.us-east-1.amazonaws.com"


def with_variables(directory: Path, **changes: str) -> list[str | None]:
    return ids(found(directory, aws_environment_variables=VARIABLES | changes))


@pytest.mark.parametrize("region", [None, "", 7, "us-east", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_region_must_be_of_the_commercial_partition(tmp_path: Path, region: Any) -> None:
    messages = found(tmp_path, aws_region=region, dead_letter_arn="q", aws_environment_variables=variables_of(region))
    assert "config.E050" in ids(messages)


def variables_of(region: Any) -> dict[str, str]:
    return VARIABLES | {"ALLOWED_HOSTS": f"subscriptions.example.com,.execute-api.{region}.amazonaws.com"}


def test_regions_are_told_apart_as_boto3_tells_them() -> None:
    session = boto3.Session()
    regions = {
        region: partition
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("lambda", partition)
    }
    assert {region for region, partition in regions.items() if partition == "aws"} == {
        region for region in regions if COMMERCIAL.fullmatch(region)
    }


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        ("dead_letter_arn", QUEUE.replace("us-east-1", "eu-central-1")),
        ("dead_letter_arn", QUEUE.replace("arn:aws:", "arn:aws-cn:")),
        ("role_arn", "arn:aws-us-gov:iam::123456789012:role/subs-dev-lambda"),
    ],
)
def test_arn_of_another_region_or_partition_is_refused(tmp_path: Path, key: str, arn: str) -> None:
    (message,) = found(tmp_path, **{key: arn})
    assert (message.id, message.msg.startswith(key)) == ("config.E051", True)


def test_arns_of_variables_and_events_are_looked_at(tmp_path: Path) -> None:
    event = {"function": GOOD_EVENT["function"], "event_source": {"arn": QUEUE.replace("us-east-1", "eu-west-1")}}
    assert ids(found(tmp_path, events=[event])) == ["config.E051"]
    for name in ("SNS_TOPIC_ARN", "SECRET_ARN"):
        assert with_variables(tmp_path, **{name: "arn:aws:any:eu-west-1:123456789012:thing"}) == ["config.E051"]


def test_role_has_no_region(tmp_path: Path) -> None:
    assert found(tmp_path, role_arn="arn:aws:iam::123456789012:role/subs-dev-lambda") == []


@pytest.mark.parametrize(
    ("site", "hosts", "found_ids"),
    [
        ("https://subscriptions.example.com", ".execute-api.us-east-1.amazonaws.com", ["config.E053"]),
        ("https://Subscriptions.example.com:443/", "subscriptions.example.com", ["config.E054"]),
        ("https://subscriptions.example.com", f".example.com,{GATEWAY}", []),
        ("https://example.com", f"subscriptions.example.com,{GATEWAY}", ["config.E053"]),
        (f"https://{GATEWAY}/dev", ".execute-api.us-east-1.amazonaws.com", []),
        ("https://a.example.com", "a.example.com,.execute-api.eu-central-1.amazonaws.com", ["config.E054"]),
        ("http://subscriptions.example.com", f"subscriptions.example.com,{GATEWAY}", ["config.E052"]),
        ("subscriptions.example.com", f"subscriptions.example.com,{GATEWAY}", ["config.E052"]),
        ("https://a.example.com:x", f"a.example.com,{GATEWAY}", ["config.E052"]),
        ("https://a.example.com/?next=", f"a.example.com,{GATEWAY}", ["config.E052"]),
    ],
)
def test_links_lead_to_a_host_that_the_service_answers_to(
    tmp_path: Path, site: str, hosts: str, found_ids: list[str]
) -> None:
    assert with_variables(tmp_path, SITE_URL=site, ALLOWED_HOSTS=hosts) == found_ids
