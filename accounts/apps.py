"""Configuration of the app."""

from django.apps import AppConfig
from django.db.models.signals import m2m_changed  # noqa: TID251 - of permissions, not of transitions
from django.utils.translation import gettext_lazy as _

from foundation import registries


class ApiTokensConfig(AppConfig):
    """Django-rest-knox under the name that operators know."""

    name = "knox"
    verbose_name = _("API tokens")
    default = False


class AccountsConfig(AppConfig):
    name = "accounts"
    default = True
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.AutoField"  # the primary key of Django's own table of users

    def ready(self) -> None:
        """Register the account page's sections, and the receiver that keeps grants like those of the release before."""
        # These load models, which Django allows only once all apps are loaded. Importing registers the checks.
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415

        from accounts import checks  # noqa: F401, PLC0415
        from accounts.grants import mirror_grants  # noqa: PLC0415
        from accounts.models import User  # noqa: PLC0415
        from accounts.preferences import remember_browser  # noqa: PLC0415

        registries.ACCOUNT_SECTIONS.register("accounts.sections.SECTIONS")
        registries.PERSONAL_DATA.register("accounts.personal_data.PARTS")
        registries.RETENTION.register("accounts.retention.RULES")
        registries.MAIL_KINDS.register("accounts.mail_texts.KINDS")
        registries.MAIL_KINDS.register("accounts.notice_texts.KINDS")
        registries.DUE_WORK.register("accounts.next_due.WORK")
        registries.DASHBOARD.register("accounts.dashboard.CARDS")
        registries.TABLE_CLASSES.register("accounts.table_classes.TABLES")
        user_logged_in.connect(remember_browser, dispatch_uid="accounts.remember_browser")
        if not User._meta.swapped:
            m2m_changed.connect(mirror_grants, dispatch_uid="accounts.mirror_grants")
