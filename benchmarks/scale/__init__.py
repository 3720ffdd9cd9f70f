"""Capacity of one function and one database, calculated from measurements."""
