"""Strict validation of requests."""

from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Serializer that refuses unknown fields instead of ignoring them."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields. Raises ValidationError with the errors by field."""
        validated = super().to_internal_value(data)
        if unknown := {name: ["Unknown field."] for name in data if name not in self.fields}:
            raise serializers.ValidationError(unknown)
        return validated

    @classmethod
    def accept(cls, data: Any) -> dict[str, Any]:
        """Return the validated fields of `data`. Raises ValidationError."""
        serializer = cls(data=data)
        serializer.is_valid(raise_exception=True)
        accepted: dict[str, Any] = serializer.validated_data
        return accepted


class TextField(serializers.CharField):
    """String in a JSON body. Refuses numbers, which Django REST framework would convert."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Django REST framework refuses NUL and what is blank, but its schema does not say so.
        pattern = r"^[^\x00]*$" if self.allow_blank else r"^[^\x00]*[^\s\x00][^\x00]*$"
        self.validators.append(RegexValidator(pattern, "Remove NUL characters."))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """Integer in a JSON body. Refuses strings, which Django REST framework would convert."""

    def to_internal_value(self, data: Any) -> int:
        """Return the integer. Raises ValidationError. JSON has a single number type, so 7.0 is accepted."""
        if type(data) is not int and not (isinstance(data, float) and data.is_integer()):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class IdField(WholeNumberField):
    """Primary key in a JSON body."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class AmountField(serializers.RegexField):
    """Decimal number as a string, as in the API's responses; a JSON number could lose precision."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[0-9]{1,10}(\.[0-9]{1,3})?$", trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def run_validation(self, data: Any = serializers.empty) -> Decimal:
        """Return the validated amount. Raises ValidationError."""
        return Decimal(super().run_validation(data))


class FlagField(serializers.BooleanField):
    """`true` or `false` in a JSON body. Refuses strings and numbers, which Django REST framework would convert."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
