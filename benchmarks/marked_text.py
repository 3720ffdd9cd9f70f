"""Documents with generated parts, each between a begin mark and the next end mark."""

END = "<!-- end -->"


def begin_mark(command: str, name: str) -> str:
    """Return the line that begins the part with this name and says which command generates it."""
    return f"<!-- made by {command}: {name} -->"


def put_between(text: str, begin: str, part: str) -> str:
    """Return the text with this part between the marks. Raises ValueError if a mark is missing."""
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"the document lacks the mark {begin} or its end")
    return f"{before}{begin}\n{part}\n{END}{after}"
