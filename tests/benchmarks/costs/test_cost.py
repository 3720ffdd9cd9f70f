"""Cost document: its tables come from the prices, and its counts from the templates."""

import re
from collections import Counter

import pytest
from cfnlint.decode.cfn_yaml import load
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.costs import workload
from benchmarks.costs.cost import DOCUMENT, fill, price_table
from benchmarks.costs.operations import request
from benchmarks.costs.prices import (
    ALARM,
    API_REQUEST,
    CAPACITY_HOUR,
    LAMBDA_REQUEST,
    LAMBDA_SECOND,
    METRIC,
    MILLION,
    PRICES,
    SES_MAIL,
    SNS_PUBLISH,
    UNVERIFIED,
    Price,
)
from benchmarks.costs.workload import HOURS, Workload
from config.zappa.stages import read_document, read_stages
from foundation import registries
from foundation.jobs.metrics import Metric
from infra.deployment.policies import DATA, MESSAGING
from payments.metrics import PaymentMetric
from tests.support.templates import of_type, watched_metrics


def count(template: str, kind: str) -> int:
    return sum(resource["Type"] == f"AWS::{kind}" for resource in load(template)["Resources"].values())


def test_document_is_up_to_date() -> None:
    text = DOCUMENT.read_text()
    assert text == fill(text), "run python -m benchmarks.costs.cost"


def test_document_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lacks the mark .*: months"):
        fill("# What it costs")


def test_each_job_that_wakes_the_database_oftener_than_nightly_is_named() -> None:
    """A job whose schedule stays as it is keeps the database awake, whatever is made rarer."""
    section = DOCUMENT.read_text().partition("## An idle month")[2].partition("\n### ")[0]
    events = read_stages(read_document(settings.BASE_DIR / "zappa_settings.json"))[0].events
    oftener = {event.function: event.expressions for event in events if event.expressions}
    own = {
        job for job, schedule in oftener.items() if schedule[0] != "rate(1 minute)" and " 3 * * ? *" not in schedule[0]
    }
    assert own
    assert {job for job in own if f"`{job}`" not in section} == set()


def test_counts_are_those_of_the_templates() -> None:
    stage = read_stages(read_document(settings.BASE_DIR / "zappa_settings.json"))[0]
    for template, number in ((MESSAGING, workload.ALARMS), (DATA, workload.ALARMS_OF_AN_INSTANCE)):
        alarms = of_type(dict(load(str(template))), "CloudWatch::Alarm").values()
        assert sum(len(watched_metrics(alarm)) for alarm in alarms) == number
    metrics = list(registries.METRICS.items(Metric))
    assert (sum(metric.is_heartbeat for metric in metrics), len(metrics)) == (workload.HEARTBEATS, workload.METRICS)
    assert len(PaymentMetric) == workload.METRICS_OF_PAYMENTS
    endpoints = of_type(dict(load(str(DATA))), "EC2::VPCEndpoint").values()
    interfaces = sum(endpoint["VpcEndpointType"] == "Interface" for endpoint in endpoints)
    assert interfaces * count(str(DATA), "EC2::Subnet") == workload.ENDPOINTS_AND_ZONES
    assert stage.settings["memory_size"] == workload.MEMORY_GIGABYTES * 1024
    schedules = Counter(event.expressions for event in stage.events)
    assert schedules["rate(1 minute)",] == workload.JOBS
    assert schedules["rate(1 hour)",] + 6 * schedules["cron(0/10 * * * ? *)",] == workload.HOURLY_JOBS


def test_waits_are_those_of_the_template() -> None:
    template = load(str(DATA))
    idle = template["Resources"]["DatabaseParameters"]["Properties"]["Parameters"]["idle_session_timeout"]["Fn::If"][2]
    assert int(idle) == workload.IDLE_SESSION_SECONDS * 1000
    assert template["Parameters"]["SleepAfterSeconds"]["Default"] == workload.SLEEP_AFTER_SECONDS


def test_free_tier_is_deducted_once_and_never_exceeds_the_quantity() -> None:
    assert LAMBDA_REQUEST.of(MILLION) == 0
    assert LAMBDA_REQUEST.of(3 * MILLION) == pytest.approx(0.40)
    assert LAMBDA_REQUEST.listed(3 * MILLION) == pytest.approx(0.60)
    assert ALARM.of(3) == 0


def test_a_million_subscribers_by_hand() -> None:
    month = Workload(MILLION).quantities()
    assert SES_MAIL.of(month[SES_MAIL]) == pytest.approx(2_700_000 * 0.10 / 1000)
    assert CAPACITY_HOUR.of(month[CAPACITY_HOUR]) == pytest.approx(730 * 0.12)


def test_payments_of_a_million_subscribers_by_hand() -> None:
    month, free = (Workload(MILLION, takes_payments=takes).quantities() for takes in (True, False))
    webhooks = MILLION * 1.35 * 2
    assert {price.unit: month[price] - free[price] for price in (API_REQUEST, SNS_PUBLISH, METRIC, ALARM)} == {
        API_REQUEST.unit: pytest.approx(webhooks),
        SNS_PUBLISH.unit: pytest.approx(MILLION * 1.35),
        METRIC.unit: 1,
        ALARM.unit: 1,
    }
    assert month[LAMBDA_REQUEST] - free[LAMBDA_REQUEST] == pytest.approx(webhooks)
    seconds = 0.5 * (webhooks * request("API POST subscribe", 2).seconds() + MILLION * 1.35 * 0.086)
    assert month[LAMBDA_SECOND] - free[LAMBDA_SECOND] == pytest.approx(seconds)


def test_database_never_sleeps_at_a_tick_a_minute_and_sleeps_most_of_a_day() -> None:
    assert Workload().capacity_hours() == HOURS * 0.5
    assert Workload(minutes=1440).capacity_hours() == pytest.approx(HOURS * 0.5 * 405 / 86_400)


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_subscribers_never_need_less(one: int, other: int) -> None:
    fewer, more = (Workload(number).quantities() for number in sorted((one, other)))
    assert all(fewer[price] <= more[price] for price in fewer)


def test_every_price_says_where_it_is_from() -> None:
    for price in PRICES:
        assert isinstance(price, Price)
        assert price.source == UNVERIFIED or price.source.startswith("https://"), price
    assert all(price in PRICES for price in Workload().quantities())


def test_each_row_of_the_prices_says_who_names_it_and_when() -> None:
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in price_table()][2:]
    assert [row[4] for row in rows] == [price.origin for price in PRICES]
    assert {price.service for price in PRICES if price.origin == "AWS"} == {"Lambda"}
    assert {row[6] for row in rows if not re.match("20[0-9]{2}", row[6])} == {"undated"}
    for row in rows:
        assert (row[4], row[5]) == ("nobody", "not verified") or row[5].startswith("<https://"), row
