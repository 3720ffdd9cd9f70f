"""How far one function and one database go, reckoned from what was measured."""
