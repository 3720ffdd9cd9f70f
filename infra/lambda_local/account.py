"""The AWS account that everything here belongs to."""

ACCOUNT = "123456789012"
"""moto's default account. https://docs.getmoto.org/en/latest/docs/multi_account.html"""
