"""Orders: opening and voiding them, what is consented to, the one way to pay at a time, and the grace period."""
