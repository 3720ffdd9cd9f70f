"""Second factors stay out of the admin: its pages would show secrets and recovery codes to operators."""

from django.contrib.admin import AdminSite
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice


def hide_devices(site: AdminSite) -> None:
    """Remove the pages that django-otp registers. `manage.py remove_second_factor` helps who has lost a factor."""
    site.unregister([StaticDevice, TOTPDevice])
