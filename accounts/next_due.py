"""Next instant at which a user who leaves can be erased."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.leaving import next_erasure
from foundation.due_work import DueWork


def erasure_due(now: datetime) -> Iterator[str]:
    """Yield that a user can be erased."""
    yield _("A user who leaves can be erased.")


WORK = (DueWork("erase", ("accounts.jobs.erase_leaving_users",), next_erasure, reasons=erasure_due),)
