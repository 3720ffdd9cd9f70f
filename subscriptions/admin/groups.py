"""Groups in the admin: superusers change them, because a group gives permissions to everybody in it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from subscriptions.access.managed_groups import holds_all_subscribers, is_managed

KEEPS_NAME = _("Subscriptions manage the members of this group and find it by its name. Create another group instead.")
GIVES_NOTHING = _(
    "Subscriptions decide who is in this group: every subscriber would have: %(permissions)s."
    " Give permissions to another group."
)
CANNOT_BE_DELETED = _("%(group)s: subscriptions decide who is in this group; every subscriber would lose access.")


class GroupForm(forms.ModelForm):
    """Refuses what would change the group of all subscribers. Permissions may still be taken away from it."""

    def clean_name(self) -> str:
        """Return the name. Raises ValidationError where the group of all subscribers gets another one."""
        name: str = self.cleaned_data["name"]
        if holds_all_subscribers(self.instance) and "name" in self.changed_data:
            raise forms.ValidationError(KEEPS_NAME)
        return name

    def clean_permissions(self) -> QuerySet[Permission]:
        """Return the permissions. Raises ValidationError where the group of all subscribers gets more of them."""
        chosen: QuerySet[Permission] = self.cleaned_data["permissions"]
        if holds_all_subscribers(self.instance) and (given := chosen.exclude(group=self.instance.pk)):
            names = ", ".join(permission.name for permission in given)
            raise forms.ValidationError(GIVES_NOTHING, params={"permissions": names})
        return chosen


class ManagedGroupAdmin(GroupAdmin):
    """Django's own, for superusers, and for others to look at."""

    form = GroupForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return True for superusers: whoever changes a group that they are in gives permissions to themselves."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return self.has_add_permission(request)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Return what would be deleted; managed groups as protected objects, which stop the whole deletion."""
        managed = [CANNOT_BE_DELETED % {"group": group} for group in objs if is_managed(group)]
        # Its members, all of whom Django's own would load and list, may be most users.
        return ([], {}, set(), managed) if managed else super().get_deleted_objects(objs, request)


admin.site.unregister(Group)
admin.site.register(Group, ManagedGroupAdmin)
