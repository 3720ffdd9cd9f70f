"""The account that the secret key belongs to: https://docs.stripe.com/api/accounts"""

from typing import Any

from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body

ACCOUNT = "acct_1Local0000000000"
NOTHING_DUE: Body = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def retrieve_current(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return the account."""
    return {
        "id": ACCOUNT,
        "object": "account",
        "business_profile": _profile(),
        "business_type": None,
        "capabilities": {"card_payments": "active", "sepa_debit_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "DE",
        "created": 1_234_567_890,
        "default_currency": "eur",
        "details_submitted": True,
        "email": "site@example.com",
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{ACCOUNT}/external_accounts",
        },
        "future_requirements": NOTHING_DUE,
        "metadata": {},
        "payouts_enabled": True,
        "requirements": NOTHING_DUE,
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }


def _profile() -> Body:
    empty = (
        "estimated_worker_count", "mcc", "minority_owned_business_designation", "product_description", "support_email",
        "support_phone", "support_url", "url",
    )  # fmt: skip
    return dict.fromkeys(empty) | {
        "annual_revenue": {"amount": None, "currency": None, "fiscal_year_end": None},
        "name": "Local provider",
        "support_address": NO_ADDRESS,
    }


def _settings() -> Body:
    prefixes = dict.fromkeys(("statement_descriptor_prefix_kana", "statement_descriptor_prefix_kanji"))
    descriptors = dict.fromkeys(("statement_descriptor", "statement_descriptor_kana", "statement_descriptor_kanji"))
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": True, "cvc_failure": True},
            "statement_descriptor_prefix": None,
            **prefixes,
        },
        "dashboard": {"display_name": "Local provider", "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
        "payments": {**descriptors, **prefixes},
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }
