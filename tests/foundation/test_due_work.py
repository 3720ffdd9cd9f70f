"""Classes of tables, and work by marker."""

from django.apps import apps
from django.conf import settings

from config.zappa.stages import read_document, read_stages
from foundation import registries
from foundation.due_work import TableClass, harmless_tables, work_of


def test_every_model_is_classed_once() -> None:
    classed = [each.model for each in registries.TABLE_CLASSES.items(TableClass)]
    known = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert sorted(classed) == sorted(set(classed))
    assert set(classed) == known


def test_tables_that_decide_when_work_is_due_are_not_harmless() -> None:
    models = ("subscriptions.Subscription", "notifications.Notification", "payments.Order", "subscriptions.Plan")
    assert harmless_tables().isdisjoint(apps.get_model(label)._meta.db_table for label in models)


def test_every_scheduled_job_is_registered() -> None:
    stages = read_stages(read_document(settings.BASE_DIR / "zappa_settings.json"))
    jobs = {event.function for stage in stages for event in stage.events if event.expressions}
    assert {job for job in jobs if work_of(job) is None} == set()
