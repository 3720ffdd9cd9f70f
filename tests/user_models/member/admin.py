"""Admin from Django's documentation for such a model."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from tests.user_models.member.models import Member

admin.site.register(Member, UserAdmin)
