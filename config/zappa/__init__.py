"""zappa_settings.json: stages, schedule expressions and system checks."""
