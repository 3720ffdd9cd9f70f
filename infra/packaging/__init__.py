"""The zip: building, checking and measuring it."""
