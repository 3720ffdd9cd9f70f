"""Name of the variable that tells `packaged_settings` the stage's own settings module."""

STAGE_SETTINGS = "PACKAGED_STAGE_SETTINGS"
"""Holds `django_settings` of the stage in zappa_settings.json."""
