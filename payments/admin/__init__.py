"""Admin of orders and payments."""

from payments.admin import orders, payments, provider  # noqa: F401 - registers the pages
