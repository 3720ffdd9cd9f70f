"""Next instant at which a user who leaves can be erased."""

from accounts.leaving import next_erasure
from foundation.due_work import DueWork

WORK = (DueWork("erase", ("accounts.jobs.erase_leaving_users",), next_erasure),)
