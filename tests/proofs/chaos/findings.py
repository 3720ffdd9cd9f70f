"""Verdict on an episode."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Channel
from tests.proofs.chaos import audit, judge
from tests.proofs.chaos.durations import CONNECT_TIMEOUT, LATE
from tests.proofs.chaos.judge import ChannelVerdict
from tests.proofs.chaos.ledger import Call, faults_to_come
from tests.proofs.chaos.storm import Disaster
from tests.proofs.chaos.verdict import Verdict

HARMLESS = ("OperationalError", "InterfaceError")
"""Errors that jobs may raise while the database is unavailable. Lambda retries them."""
SHOWN = 3
"""Maximum number of row histories per kind of problem."""


@dataclass(frozen=True)
class Course:
    """Course of an episode."""

    due: list[int]
    """Subscriptions that ended."""
    calls: list[Call]
    disasters: Counter[str]
    job_errors: Counter[str]
    """Errors by job and kind."""
    confirms: bool
    """True if SES confirmations arrive."""
    late: set[int]
    """Rows whose confirmation a busy machine delayed beyond the grace time."""
    settled_at: datetime
    """Start of the last delivery, with everything else at rest."""

    @property
    def held_up(self) -> set[int]:
        """Return mails that a busy machine sent later than any fault of the campaign."""
        longest = (LATE + CONNECT_TIMEOUT).total_seconds()
        calls = (call for call in self.calls if call.service == "ses" and call.age > longest)
        return {key for call in calls for key in call.accepted}


def verdict_on(course: Course, aws: LocalAWS) -> Verdict:
    """Count and compare everything."""
    mails = judge.judge(Channel.SES, judge.accepted_mails(aws))
    events = judge.judge(Channel.SNS, judge.accepted_events(aws))
    confirmed = _duplicates_although_confirmed(course, mails)
    return Verdict(
        episodes=1,
        notifications=mails.notifications + events.notifications,
        accepted=mails.accepted + events.accepted,
        lost=len(mails.lost) + len(events.lost),
        mail_duplicates=mails.duplicates.total(),
        mail_duplicates_confirmed=confirmed.total(),
        event_duplicates=events.duplicates.total(),
        ambiguous=mails.ambiguous.total() + events.ambiguous.total(),
        spoiled=sum(len(call.ambiguous) for call in course.calls if call.service != "account"),
        late_confirmations=len(course.late | course.held_up),
        waiting=dict(judge.waiting(course.settled_at)),
        states={f"{channel} {state}": number for (channel, state), number in judge.states().items()},
        calls=dict(Counter(f"{call.service}: {call.fault.value}" for call in course.calls)),
        disasters=dict(course.disasters),
        job_errors=dict(course.job_errors),
        problems=list(_problems(course, mails, events, confirmed)),
    )


def _duplicates_although_confirmed(course: Course, mails: ChannelVerdict) -> Counter[int]:
    in_time = set(mails.duplicates) - course.late - course.held_up if course.confirms else set()
    return Counter({key: mails.duplicates[key] for key in in_time})


def _problems(course: Course, mails: ChannelVerdict, events: ChannelVerdict, confirmed: Counter[int]) -> Iterator[str]:
    yield from (f"{service} never met '{fault.value}'" for service, fault in faults_to_come(course.calls))
    yield from (f"'{disaster.value}' never struck" for disaster in Disaster if not course.disasters[disaster.value])
    yield from _told("was lost", mails.lost + events.lost)
    yield from _told("arrived again although SES had confirmed it", confirmed)
    yield from _told("arrived more often than answers were ambiguous", mails.inexplicable + events.inexplicable)
    yield from _told("is stuck", judge.stuck(course.settled_at))
    yield from judge.expiries(course.due)
    yield from judge.access(clock.now() + timedelta(hours=1))
    yield from (f"boto3 repeated a call: {call.attempt}" for call in course.calls if call.attempt != "attempt=1")
    yield from (f"a job failed: {error}" for error in course.job_errors if not error.endswith(HARMLESS))


def _told(what: str, keys: Iterable[int]) -> Iterator[str]:
    """Yield a problem per row, with the history of the first ones."""
    for number, key in enumerate(keys):
        history = audit.history_of(key) if number < SHOWN else ()
        yield "\n".join([f"notification {key} {what}", *history])
