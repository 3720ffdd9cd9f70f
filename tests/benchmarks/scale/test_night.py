"""Simulated night: the sums are right, limits hold, and more capacity helps."""

from dataclasses import replace

import hypothesis
import pytest
from cfnlint.decode.cfn_yaml import load
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale import night as simulation
from benchmarks.scale.capacity import DATABASE_UNITS, Capacity, Paces
from benchmarks.scale.night import DATABASE, FUNCTION, RATE, Load, simulate
from config.zappa.stages import read_document, read_stages
from infra.deployment.policies import DATA
from notifications.outbox.delivery import CLAIM_TIME, ROUNDS
from notifications.sns.channel import SnsChannel
from subscriptions.sweep import RESERVE

ABUNDANT = Capacity(
    memory_megabytes=1769,
    sweeps_a_tick=100,
    deliveries_a_tick=1_000,
    database_units=256,
    mails_a_second=1e6,
    mails_a_day=1e9,
    events_a_second=1e6,
)

TURNED = {
    "memory_megabytes": 1769,
    "sweeps_a_tick": 3,
    "deliveries_a_tick": 5,
    "database_units": 256.0,
    "mails_a_second": 500.0,
    "mails_a_day": 1e9,
}


def test_night_begins_with_the_next_tick_and_then_all_is_told() -> None:
    night = simulate(Load(1_000), ABUNDANT)
    assert night.expired_after == 60
    assert night.mails_after
    assert night.mails_after <= 121
    assert night.mails_sent == pytest.approx(1_000)


def test_subscriptions_that_end_evenly_expire_within_a_tick() -> None:
    night = simulate(Load(100_000, seconds=6 * 3600), ABUNDANT)
    assert night.latest <= 61
    assert night.mails_sent == pytest.approx(100_000)


@hypothesis.settings(max_examples=30)
@given(due=st.integers(1, 300_000), seconds=st.integers(1, 900))
def test_no_mail_is_made_up_and_none_lost(due: int, seconds: int) -> None:
    night = simulate(Load(due, seconds), Capacity(mails_a_second=1_000, mails_a_day=1e9), seconds=1_800)
    waiting = sum(night.left[-1][index] for index in (0, 2)) if night.mails_after is None else 0
    assert night.mails_sent + waiting == pytest.approx(due)


@hypothesis.settings(max_examples=30)
@given(due=st.integers(1, 200_000), name=st.sampled_from(sorted(TURNED)))
def test_turning_one_thing_never_sends_fewer_mails_where_the_database_has_room(due: int, name: str) -> None:
    capacity = Capacity(database_units=128, mails_a_day=1e9)
    turned = replace(capacity, **{name: TURNED[name]})  # type: ignore[arg-type] # its own fields
    before, after = (simulate(Load(due), each, seconds=1_200) for each in (capacity, turned))
    assert after.mails_sent >= before.mails_sent - 1e-6


def test_mails_keep_to_the_rate_and_to_the_days_quota() -> None:
    slow = simulate(Load(10_000), replace(ABUNDANT, mails_a_second=10))
    assert slow.mails_after
    assert slow.mails_after >= 1_000
    few = simulate(Load(10_000), replace(ABUNDANT, mails_a_day=3_000))
    assert few.mails_after is None
    assert few.is_out_of_quota
    assert few.mails_sent == pytest.approx(3_000)


@pytest.mark.parametrize(
    ("change", "blamed"),
    [
        ({"database_units": 0.5}, DATABASE),
        ({"sweeps_a_tick": 1, "memory_megabytes": 128}, FUNCTION),
        ({"mails_a_second": 100.0}, RATE),
    ],
)
def test_what_is_short_is_named(change: dict[str, float], blamed: str) -> None:
    night = simulate(Load(500_000), replace(ABUNDANT, **change))  # type: ignore[arg-type] # its own fields
    assert night.held_back.most_common(1)[0][0] == blamed


def test_database_is_never_used_more_than_it_may_be() -> None:
    assert simulate(Load(5_000_000), Capacity()).busiest == pytest.approx(1)


def test_invocations_overlap_and_end_with_their_time() -> None:
    night = simulate(Load(10**9), replace(Capacity(), deliveries_a_tick=0), seconds=1_200)
    overlapping = simulation.SWEEP_SECONDS / 60
    assert night.function_seconds / 1_200 == pytest.approx(overlapping, rel=0.2)


def test_more_memory_makes_a_quicker_function_and_no_quicker_database() -> None:
    small, large = Paces.of(Capacity()), Paces.of(Capacity(memory_megabytes=1769))
    assert large.mail.function < small.mail.function
    assert large.mail.database == small.mail.database


def test_numbers_of_the_deployment_are_those_of_the_settings_and_the_code() -> None:
    stage = read_stages(read_document(settings.BASE_DIR / "zappa_settings.json"))[0]
    assert stage.settings["timeout_seconds"] == simulation.TIMEOUT
    assert simulation.TIMEOUT - RESERVE.total_seconds() == simulation.SWEEP_SECONDS
    assert simulation.TIMEOUT - CLAIM_TIME.total_seconds() == simulation.DELIVERY_SECONDS
    assert settings.DELIVERY_THREADS * ROUNDS == simulation.MAILS_A_ROUND
    assert settings.DELIVERY_THREADS * ROUNDS * SnsChannel.batch_size == simulation.EVENTS_A_ROUND
    assert load(str(DATA))["Parameters"]["MaxCapacity"]["Default"] == DATABASE_UNITS
