"""Payments: what somebody owes for a period, and the money that moved. The provider takes money, we keep time."""
