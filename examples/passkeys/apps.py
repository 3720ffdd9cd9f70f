"""Wiring of the app: its entries in the service's registries."""

from django.apps import AppConfig

from foundation import registries


class PasskeysConfig(AppConfig):
    name = "examples.passkeys"
    label = "passkeys"

    def ready(self) -> None:
        """Register the section of the account page, what is stored about a user, and the tables."""
        registries.ACCOUNT_SECTIONS.register("examples.passkeys.sections.SECTIONS")
        registries.PERSONAL_DATA.register("examples.passkeys.personal_data.PARTS")
        registries.TABLE_CLASSES.register("examples.passkeys.table_classes.TABLES")
