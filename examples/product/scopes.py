"""Scopes of API tokens."""

from foundation.api.scopes import Scope

REPORTS_READ = "reports:read"

SCOPES = (Scope(REPORTS_READ, "Read reports"),)
