"""Database column for prices in any currency."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

from foundation.money import MAXIMUM_DECIMALS, with_decimals

if TYPE_CHECKING:
    DecimalColumn = models.DecimalField[Decimal | str | int, Decimal]
else:
    DecimalColumn = models.DecimalField  # it takes no parameter at run time


class PriceField(DecimalColumn):
    """Decimal with up to 8 digits before the point and 3 after. Values have two decimals, or three if needed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"max_digits": 8 + MAXIMUM_DECIMALS, "decimal_places": MAXIMUM_DECIMALS})

    def from_db_value(self, value: Decimal | None, *args: Any) -> Decimal | None:
        """Return the same value from every database: SQLite returns three decimals, PostgreSQL the stored ones."""
        return value if value is None else with_decimals(value, 2)
