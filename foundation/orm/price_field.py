"""The database column of a price, for any currency."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

from foundation.money import MAXIMUM_DECIMALS, with_decimals

if TYPE_CHECKING:
    DecimalColumn = models.DecimalField[Decimal | str | int, Decimal]
else:
    DecimalColumn = models.DecimalField  # it takes no parameter at run time


class PriceField(DecimalColumn):
    """Up to 8 digits before and 3 after the point. Values have two decimals, or three where they need them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"max_digits": 8 + MAXIMUM_DECIMALS, "decimal_places": MAXIMUM_DECIMALS})

    def from_db_value(self, value: Decimal | None, *args: Any) -> Decimal | None:
        """Return the same value from every database: SQLite gives three decimals, PostgreSQL those written."""
        return value if value is None else with_decimals(value, 2)
