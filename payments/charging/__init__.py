"""Charges to saved payment methods: claims, calls, outcomes and tries. `tests/proofs/charging` has the model."""
