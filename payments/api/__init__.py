"""API of orders, payments and refunds."""
