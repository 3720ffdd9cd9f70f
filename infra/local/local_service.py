"""Service on this machine: database, local AWS, function, and stand-ins for EventBridge and Lambda's pollers."""

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.management import call_command

from foundation.clock import now, travelled
from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import Emulator, LocalAWS
from infra.lambda_local.event_sources.mappings import EventSource
from infra.lambda_local.event_sources.poller import EventSourcePoller
from infra.lambda_local.eventbridge.schedule_clock import Clock, Wait
from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.local import demo
from infra.local.expected_results import Comparison, ExpectedResults, comparison_table
from infra.local.feedback_queue import FeedbackQueue
from infra.local.function_runner import FunctionRunner, create_function
from infra.local.host import Host
from infra.local.mail_folder import MailFolder
from infra.local.payment_provider import PaymentProvider
from infra.local.payments_demo.round import PaymentRound
from infra.local.run_logs import send_logs_to
from infra.local.ses_feedback import SesFeedback
from infra.packaging.zappa_stage import Schedule, ZappaStage

POLL_SECONDS = 0.2
"""Interval of polling; Lambda's own pollers use long polling."""

PROCESS_PAYMENTS = "payments.jobs.process_payments"


@dataclass(frozen=True)
class LocalService:
    """Local service and its terminal output. `directory` is kept between runs."""

    directory: Path
    host: Host
    stage: ZappaStage
    provider: PaymentProvider
    emulator: Emulator | None = None
    """Replacement for moto."""

    def run(self, *, once: bool) -> int:
        """Run the first sweep and delivery; unless `once`, continue until a signal. Return the exit status."""
        send_logs_to(self._log)
        is_new = self._prepare_database()
        self.provider.send_events_to(self.host.url)
        self.provider.lead_back_to(*self.host.origins)
        aws = LocalAWS(topic_arn=settings.SNS_TOPIC_ARN, from_address=settings.SES_FROM_ADDRESS, emulator=self.emulator)
        with aws, self.host.serving(aws):
            queue = FeedbackQueue.provide(f"{self.stage.lambda_name}-feedback")
            with EventSourcePoller(self.host.receive, sources=self._sources, seconds=POLL_SECONDS):
                clock = self._clock(aws, SesFeedback(queue.topic_arn))
                if not once:
                    self._print_entrances()
                print(f"First sweep and delivery, through {self.host.description} ...", flush=True)
                comparisons = self._first_round(clock, aws, queue) + self._payments(clock, queue, is_new=is_new)
                print(f"\nMails       {self._mails}\nLogs        {self._log}", flush=True)
                if not once:
                    self._go_on(clock, aws)
        return 0 if not once or all(comparison.agrees for comparison in comparisons) else 1

    def _prepare_database(self) -> bool:
        """Migrate, and return True if demo data had to be loaded."""
        print("Database: migrations ...", flush=True)
        call_command("migrate", verbosity=0)
        loaded = demo.load(now())
        demo.give_subscriber_password()
        print(f"Database: demo data {'loaded' if loaded else 'of an earlier run kept'}.", flush=True)
        return loaded

    def _sources(self) -> list[EventSource]:
        """Return the queues mapped to the function, as in the deployment."""
        arn = f"arn:aws:lambda:{self.stage.region}:{ACCOUNT}:function:{self.stage.lambda_name}"
        queues = [queue for queue in self.stage.queues if queue.enabled]
        return [EventSource(queue.arn, arn, queue.batch_size, reports_failures=True) for queue in queues]

    def _clock(self, aws: LocalAWS, ses: SesFeedback) -> Clock[Schedule]:
        mails, collecting = MailFolder(self._mails), Lock()

        def collect() -> None:
            with collecting:
                mails.save(aws.mails())
                ses.tell(aws.mails(), now())

        def fire(schedule: Schedule, time: datetime) -> Any:
            result = self.host.invoke(delivered_event(schedule, region=self.stage.region, time=time))
            collect()
            return result

        if self.emulator is None:
            # It imports moto, which makes a session of boto3: a shell's AWS_PROFILE may break that before this point.
            from infra.lambda_local.moto_gaps.gaps import close_gaps  # noqa: PLC0415

            create_function(self.stage)
            close_gaps(FunctionRunner(self.host, after=collect))
        return Clock(self.stage.schedules, fire, now)

    def _first_round(self, clock: Clock[Schedule], aws: LocalAWS, queue: FeedbackQueue) -> list[Comparison]:
        expected = ExpectedResults.measure(now())
        clock.fire_all()
        queue.wait_until_taken()
        comparisons = expected.compare(aws)
        print(f"\n{comparison_table(comparisons)}\n", flush=True)
        return comparisons

    def _payments(self, clock: Clock[Schedule], queue: FeedbackQueue, *, is_new: bool) -> list[Comparison]:
        print("Payments, through the pages and the jobs ...", flush=True)
        payments = PaymentRound(self.provider, self.host.url, lambda: clock.fire_all(PROCESS_PAYMENTS))
        comparisons = payments.run(now(), is_first=is_new)
        clock.fire_all()  # delivers what the payments have caused
        queue.wait_until_taken()
        print(f"\n{comparison_table(comparisons, 'recorded', 'in ledger')}", flush=True)
        return comparisons

    def _print_entrances(self) -> None:
        subscriber, operator = demo.sign_in_name(demo.SUBSCRIBER), demo.sign_in_name(demo.OPERATOR)
        print(f"\nSite        {self.host.url}/")
        print(f"Subscriber  sign in as {subscriber} with the password {demo.PASSWORD}")
        print(f"Operator    {self.host.url}/admin/   sign in as {operator} with the password {demo.PASSWORD}\n")

    def _go_on(self, clock: Clock[Schedule], aws: LocalAWS) -> None:
        with _until_a_signal() as wait:
            print(f"Local AWS   {aws.url}/moto-api/")
            for schedule in self.stage.schedules:
                print(f"Schedule    {schedule.expression:<15} {schedule.function}")
            print(f"Clock       {_clock_said()}")
            print("\nCtrl-C ends it.", flush=True)
            clock.run(wait)
        print("\nEnded.")

    @property
    def _mails(self) -> Path:
        return self.directory / "mails"

    @property
    def _log(self) -> Path:
        return self.directory / "run.log"


def _clock_said() -> str:
    """Return the position of the clock and the command to move it."""
    default = (settings.BASE_DIR / ".local" / "clock").as_uri()
    elsewhere = "" if default == settings.LOCAL_CLOCK else f"LOCAL_CLOCK={settings.LOCAL_CLOCK} "
    where = f"moved to {now():%Y-%m-%d %H:%M}Z" if travelled() else "true"
    return f"{where}; to move it: DJANGO_LOCAL=1 {elsewhere}.venv/bin/python manage.py timetravel +30d, or --back"


@contextlib.contextmanager
def _until_a_signal() -> Iterator[Wait]:
    """Yield a wait that SIGINT and SIGTERM end; a running job is not interrupted.

    Uses a queue, because `threading.Event` deadlocks when its waiter's own signal handler sets it.
    """
    signals: SimpleQueue[int] = SimpleQueue()

    def wait(seconds: float | None) -> bool:
        try:
            signals.get(timeout=seconds)
        except Empty:
            return False
        return True

    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda received, _: signals.put(received)) for number in numbers}
    try:
        yield wait
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
