"""Terms that were shown before an action, compared with the present terms."""

from copy import copy
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from foundation import money
from subscriptions.errors import ChangedMeanwhile
from subscriptions.models import Plan, Subscription


@dataclass(frozen=True)
class Terms:
    """Price and period of a plan, end and status of a subscription. None: not stated, and not compared."""

    price: Decimal | None = None
    currency: str | None = None
    duration_days: int | None = None
    duration_months: int | None = None
    end_date: datetime | None = None
    status: str | None = None
    trial_days: int | None = None

    @classmethod
    def of(cls, *, plan: Plan | None = None, subscription: Subscription | None = None) -> "Terms":
        """Return all that plan and subscription, as they were read, state."""
        return cls(
            price=plan.price if plan else None,
            currency=plan.currency if plan else None,
            duration_days=plan.duration_days if plan else None,
            duration_months=plan.duration_months if plan else None,
            end_date=subscription.end_date if subscription else None,
            status=subscription.status if subscription else None,
        )

    @classmethod
    def of_trial(cls, plan: Plan) -> "Terms":
        """Return the terms shown before a free trial: its days, and what the plan costs after them."""
        return replace(cls.of(plan=plan), trial_days=plan.trial_days)

    @classmethod
    def of_end(cls, subscription: Subscription) -> "Terms":
        """Return the terms shown before cancelling or resuming."""
        return cls(end_date=subscription.end_date)

    @classmethod
    def of_renewal(cls, subscription: Subscription) -> "Terms":
        """Return the terms shown before another period is bought."""
        plan = subscription.renewal_plan
        return cls(plan.price, plan.currency, plan.duration_days, plan.duration_months, subscription.end_date)

    @classmethod
    def of_change(cls, subscription: Subscription, plan: Plan) -> "Terms":
        """Return the terms shown before the plan is changed: those of the new plan, and the present end."""
        return replace(cls.of(plan=plan), end_date=subscription.end_date)

    def stated(self) -> dict[str, Any]:
        """Return those that are stated, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def as_text(self) -> dict[str, str]:
        """Return those that are stated as a hidden field holds them, instants to the microsecond."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in self.stated().items()
        }

    @property
    def price_text(self) -> str:
        """The stated price as the reader's language writes it, without the currency; empty if none is stated."""
        return "" if self.price is None else money.formatted(self.price, self.currency or "")

    @property
    def is_free(self) -> bool:
        """True if the stated price is 0."""
        return self.price == 0

    def require(self, subject: Plan | Subscription, present: "Terms") -> None:
        """Raise ChangedMeanwhile if anything that is stated here is different in `present`, read under a lock."""
        present_values = asdict(present)
        seen = self.stated()
        if changed := {name: present_values[name] for name in seen if present_values[name] != seen[name]}:
            raise ChangedMeanwhile(subject, changed)


@dataclass(frozen=True)
class Purchase:
    """Price and length of a period that is paid for. They hold, whatever the plan says by now, on sale or not."""

    price: Decimal
    currency: str
    duration_days: int
    duration_months: int

    @classmethod
    def of(cls, plan: Plan) -> "Purchase":
        """Return a period of the plan as it is now."""
        return cls(plan.price, plan.currency, plan.duration_days, plan.duration_months)

    def applied_to(self, plan: Plan) -> Plan:
        """Return the plan as it was bought; the row stays as it is."""
        bought = copy(plan)
        for name, value in asdict(self).items():
            setattr(bought, name, value)
        return bought


UNSEEN = Terms()
"""Terms of a caller who was shown none, such as a scheduled job: nothing is compared."""
