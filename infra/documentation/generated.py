"""The line by which a generated document is known."""

MARK = "<!-- Made by `make reference`. Edit the code that it is made from. -->"
