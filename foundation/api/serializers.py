"""What a request may say."""

from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Takes named fields only: any other is an error, not a silence."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated fields. Raises ValidationError, by field."""
        validated = super().to_internal_value(data)
        if unknown := {name: ["This field is not known."] for name in data if name not in self.fields}:
            raise serializers.ValidationError(unknown)
        return validated

    @classmethod
    def accept(cls, data: Any) -> dict[str, Any]:
        """The validated fields of `data`. Raises ValidationError."""
        serializer = cls(data=data)
        serializer.is_valid(raise_exception=True)
        accepted: dict[str, Any] = serializer.validated_data
        return accepted


class TextField(serializers.CharField):
    """A text in a JSON body: not a number, which Django REST framework would take for one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Django REST framework refuses NUL by itself, and does not say so in the description.
        self.validators.append(RegexValidator(r"^[^\x00]*$", "Take NUL out."))

    def to_internal_value(self, data: Any) -> str:
        """Raises ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """A whole number in a JSON body: not a text that looks like one."""

    def to_internal_value(self, data: Any) -> int:
        """Raises ValidationError. JSON knows one kind of number, so 7.0 is a whole one."""
        if type(data) is not int and not (isinstance(data, float) and data.is_integer()):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class IdField(WholeNumberField):
    """A primary key in a JSON body."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class AmountField(serializers.RegexField):
    """A decimal number in a text, as this API answers with: a JSON number would be a binary fraction on its way."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[0-9]{1,10}(\.[0-9]{1,3})?$", trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Raises ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def run_validation(self, data: Any = serializers.empty) -> Decimal:
        """The number. Raises ValidationError."""
        return Decimal(super().run_validation(data))


class FlagField(serializers.BooleanField):
    """`true` or `false` in a JSON body: not a text or a number, which Django REST framework would take for one."""

    def to_internal_value(self, data: Any) -> bool:
        """Raises ValidationError."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
