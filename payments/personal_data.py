"""Orders and payments in the export and the erasure of a user's data."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from foundation.email_addresses import address_of, normalised
from foundation.personal_data import Erasure, Exported, PersonalData
from foundation.redaction import redact
from payments.models import (
    Attempt,
    CancellationRequest,
    Dispute,
    Order,
    Payment,
    PaymentMethod,
    PriceChange,
    Refund,
    Renewal,
    SurplusSettlement,
)
from payments.orders.opening import void


class Payments(PersonalData):
    """Amounts, dates and transactions stay, as bookkeeping asks for. They name nobody once the user's row does not."""

    def export(self, user: AbstractBaseUser) -> Exported:
        """Return orders, payments, what went back and why, payment methods and agreements to renew, oldest first."""
        orders = Order.objects.filter(user_id=user.pk).select_related("plan").prefetch_related("tries").order_by("pk")
        payments = Payment.objects.filter(order__user=user.pk).select_related("settlement").order_by("pk")
        refunds = Refund.objects.filter(payment__order__user=user.pk).order_by("pk")
        disputes = Dispute.objects.filter(payment__order__user=user.pk).order_by("pk")
        methods = PaymentMethod.objects.filter(user_id=user.pk).order_by("pk")
        renewals = Renewal.objects.filter(subscription__user_id=user.pk).order_by("pk")
        requests = CancellationRequest.objects.filter(address=normalised(address_of(user)))
        return {
            "orders": [_order(order) for order in orders],
            "payments": [_payment(each) for each in payments],
            "refunds": [_refund(each) for each in refunds],
            "disputes": [_dispute(each) for each in disputes],
            "payment_methods": [_method(each) for each in methods],
            "renewals": [_renewal(each) for each in renewals],
            "cancellation_requests": [_request(each) for each in requests.exclude(address="").order_by("pk")],
        }

    def erase(self, erasure: Erasure) -> None:
        """Make unfinished orders void, turn renewal off, and keep nothing of the payment methods but their tokens.

        The tokens go when the provider has deleted the customers.
        """
        _void_open(erasure.user, erasure.now)
        _turn_renewal_off(erasure.user)
        CancellationRequest.objects.filter(address__in=erasure.addresses).delete()
        _redact_texts(erasure)
        methods = PaymentMethod.objects.filter(user_id=erasure.user.pk)
        methods.usable().update(removed_at=erasure.now)
        methods.filter(forgotten_at__isnull=True).update(
            brand="", last4="", expires=None, forget_requested_at=erasure.now
        )

    def leave(self, user: AbstractBaseUser, now: datetime) -> None:
        """Make unfinished orders void and turn renewal off, so that nothing begins, goes on or is charged."""
        _void_open(user, now)
        _turn_renewal_off(user)


def _void_open(user: AbstractBaseUser, now: datetime) -> None:
    for order in Order.objects.unfinished().filter(user_id=user.pk):
        void(order, now)


def _turn_renewal_off(user: AbstractBaseUser) -> None:
    Renewal.objects.filter(subscription__user_id=user.pk, auto_renew=True).update(auto_renew=False)


def _redact_texts(erasure: Erasure) -> None:
    """Redact what operators and visitors wrote of others, in which they may name the user too."""
    redact(Refund.objects.all(), ["reason", "closing_reason"], erasure)
    redact(SurplusSettlement.objects.all(), ["reason"], erasure)
    redact(PriceChange.objects.all(), ["reason"], erasure)
    redact(CancellationRequest.objects.all(), ["contract", "wish"], erasure)


def _order(order: Order) -> Exported:
    return {
        "id": order.pk,
        "kind": order.kind,
        "state": order.state,
        "plan": order.plan.name,
        "amount": order.amount,
        "currency": order.currency,
        "opened_at": order.opened_at,
        "finished_at": order.finished_at,
        "terms": order.terms,
        "consented_at": order.consented_at,
        "begins_at_once": order.begins_at_once,
        "tries": [_try(each) for each in order.tries.all()],
    }


def _try(attempt: Attempt) -> Exported:
    return {"begun_at": attempt.begun_at, "outcome": attempt.outcome, "code": attempt.code}


def _payment(payment: Payment) -> Exported:
    return {
        "id": payment.pk,
        "order": payment.order_id,
        "provider": payment.provider,
        "transaction_id": payment.transaction_id,
        "amount": payment.amount,
        "currency": payment.currency,
        "paid_at": payment.paid_at,
        "surplus": payment.surplus,
        "settled_at": payment.settled.settled_at if payment.settled else None,
        "settlement_reason": payment.settled.reason if payment.settled else "",
        "kind": payment.kind,
        "of": payment.of_id,
    }


def _refund(refund: Refund) -> Exported:
    return {
        "id": refund.pk,
        "payment": refund.payment_id,
        "amount": refund.amount,
        "currency": refund.currency,
        "reason": refund.reason,
        "ends_subscription": refund.ends_now,
        "requested_at": refund.requested_at,
        "state": refund.state,
        "code": refund.code,
        "transaction_id": refund.transaction_id,
        "finished_at": refund.finished_at,
        "closing_reason": refund.closing_reason,
    }


def _dispute(dispute: Dispute) -> Exported:
    return {
        "id": dispute.pk,
        "payment": dispute.payment_id,
        "transaction_id": dispute.transaction_id,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "reason": dispute.code,
        "state": dispute.state,
        "opened_at": dispute.opened_at,
    }


def _method(method: PaymentMethod) -> Exported:
    return {
        "id": method.pk,
        "provider": method.provider,
        "brand": method.brand,
        "last4": method.last4,
        "expires": method.expires,
        "saved_at": method.saved_at,
        "removed_at": method.removed_at,
    }


def _request(request: CancellationRequest) -> Exported:
    return {
        "contract": request.contract,
        "wish": request.wish,
        "requested_at": request.requested_at,
        "confirmed_at": request.confirmed_at,
    }


def _renewal(renewal: Renewal) -> Exported:
    return {
        "subscription": renewal.subscription_id,
        "auto_renew": renewal.auto_renew,
        "amount": renewal.amount,
        "next_amount": renewal.next_amount,
        "currency": renewal.currency,
        "terms": renewal.terms,
        "agreed_at": renewal.agreed_at,
    }


PARTS = (Payments(),)
