"""Money: currencies, minor units, validation and formatting.

Source: ISO 4217, list one, by SIX
(https://www.six-group.com/en/products-services/financial-information/data-standards.html), restricted to currencies
used for payments. CLDR, and so Babel, rounds some of them to fewer digits for display.
"""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

MAXIMUM_DECIMALS = 3
"""Maximum number of decimals of a price in the database."""

WITHOUT_DECIMALS = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
WITH_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
TWO_DECIMALS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY
TTD TWD TZS UAH USD UYU UZS VES VED WST XCD XCG YER ZAR ZMW ZWG
"""

DECIMALS = {
    **dict.fromkeys(WITHOUT_DECIMALS, 0),
    **dict.fromkeys(TWO_DECIMALS.split(), 2),
    **dict.fromkeys(WITH_THREE_DECIMALS, 3),
}
"""Number of decimals by currency code."""


def validate_currency(currency: str) -> None:
    """Raise ValidationError if ISO 4217 does not list the code."""
    if currency not in DECIMALS:
        raise ValidationError(_("Not a currency. Use a code of ISO 4217, such as EUR."), code="unknown_currency")


def validate_amount(amount: Decimal, currency: str) -> None:
    """Raise ValidationError if the amount has more decimals than the currency."""
    decimals = DECIMALS[currency]
    if amount != round(amount, decimals):
        text = (
            _("%(currency)s has no decimals. Use a whole number.")
            if decimals == 0
            else _("%(currency)s has %(decimals)d decimals. Use no more.")
        )
        raise ValidationError(text % {"currency": currency, "decimals": decimals}, code="too_many_decimals")


def quantised(amount: Decimal, currency: str) -> Decimal:
    """Return the amount with its currency's decimals, or more if it has more. An unknown currency has two."""
    return with_decimals(amount, DECIMALS.get(currency, 2))


def rounded(amount: Decimal, currency: str, rounding: str) -> Decimal:
    """Return the amount in whole minor units, rounded as `decimal` names it. An unknown currency has two decimals."""
    return amount.quantize(Decimal(1).scaleb(-DECIMALS.get(currency, 2)), rounding)


def with_decimals(amount: Decimal, decimals: int) -> Decimal:
    """Return the amount with this number of decimals, or more if needed."""
    needed = -int(amount.normalize().as_tuple().exponent)
    return amount.quantize(Decimal(1).scaleb(-max(decimals, needed)))


def formatted(amount: Decimal, currency: str) -> str:
    """Return the number in the reader's language, without the currency."""
    exact = quantised(amount, currency)
    return number_format(exact, -int(exact.as_tuple().exponent))
