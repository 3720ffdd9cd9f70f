"""Documents of which a program makes parts, each between a begin mark and the next end mark."""

END = "<!-- end -->"


def begin_mark(command: str, name: str) -> str:
    """The line that begins the part of this name, and says which command makes it."""
    return f"<!-- made by {command}: {name} -->"


def put_between(text: str, begin: str, part: str) -> str:
    """The text with this part between the mark and its end. Raises ValueError where either is missing."""
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"the document has no place for {begin}")
    return f"{before}{begin}\n{part}\n{END}{after}"
