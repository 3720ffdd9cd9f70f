"""Nightly jobs: they run whenever their schedule says so, close together, so that they wake the database once."""

from foundation.due_work import DueWork

WORK = (DueWork("", ("config.operations.jobs.delete_old_rows", "payments.jobs.reconcile_payments")),)
