"""Amounts as Stripe takes them: whole numbers of a currency's smallest unit. https://docs.stripe.com/currencies"""

from infra.local_provider.errors import Refused

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())  # noqa: SIM905 - 136 codes read better so
"""Currencies without decimals. ISK and UGX have none either, yet their amounts are sent times 100."""

THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())  # noqa: SIM905 - as above
"""Currencies with three decimals, of which the last must be 0."""

TWO_ZEROS = frozenset(("isk", "ugx"))

TWO_DECIMAL = frozenset(
    """
    aed all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve
    czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kyd
    kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php
    pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu
    uzs wst yer zar zmw
    """.split()  # noqa: SIM905 - as above
)

STEPS = dict.fromkeys(THREE_DECIMAL, 10) | dict.fromkeys(TWO_ZEROS, 100)
"""Amounts are multiples of these."""

SMALLEST = (
    dict.fromkeys("aud brl cad chf eur inr jpy nzd sgd usd".split(), 50)  # noqa: SIM905 - as above
    | dict.fromkeys(("aed", "myr", "pln", "ron"), 200)
    | dict.fromkeys(("nok", "sek"), 300)
    | dict.fromkeys(("mxn", "thb"), 1000)
    | {"czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400, "huf": 17_500}
)
"""Smallest charge: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts"""

LARGEST = 99_999_999


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Raise Refused for a currency or an amount that Stripe would not take."""
    if currency not in ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL:
        raise Refused(f"Invalid currency: {currency}.", param="currency")
    if amount < 1:
        raise Refused("This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=param)
    if amount > LARGEST:
        raise Refused(f"Amount must be no more than {LARGEST}", code="amount_too_large", param=param)
    if amount < SMALLEST.get(currency, 1):
        raise Refused("The amount is below the minimum charge.", code="amount_too_small", param=param)
    check_step(amount, currency, param)


def check_step(amount: int, currency: str, param: str = "amount") -> None:
    """Raise Refused for an amount with a fraction that the currency does not have."""
    step = STEPS.get(currency, 1)
    if amount % step:
        raise Refused(f"Amounts in {currency} must be a multiple of {step}.", code="invalid_amount", param=param)
