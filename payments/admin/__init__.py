"""Admin of orders and payments."""

from payments.admin import methods, orders, payments, price_changes, provider  # noqa: F401 - registers the pages
