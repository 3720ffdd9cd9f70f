"""Custom admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from tests.user_models.uuid_key.models import Person


@admin.register(Person)
class PersonAdmin(UserAdmin):
    list_display = ("username", "contact", "is_staff")
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "contact")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
    )
