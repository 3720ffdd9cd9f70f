"""Admin of orders and payments."""

from payments.admin import orders, payments  # noqa: F401 - registers the pages
