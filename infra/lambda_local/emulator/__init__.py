"""The AWS emulator, and the functions that run in it."""
