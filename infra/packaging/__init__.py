"""The zip: how it is made, checked and measured."""
