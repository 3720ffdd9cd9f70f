"""Sections in the terminal."""

from benchmarks.section import Section, Table


def show(section: Section) -> None:
    """Print tables and targets."""
    print(f"\n== {section.title}")
    for table in section.tables:
        show_table(table)
    for aim in section.aims:
        print(f"  {aim.sentence().replace('**', '')}")


def show_table(table: Table) -> None:
    """Print the table, with names left-aligned and figures right-aligned."""
    lines = [table.columns, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    print(f"\n{table.title}")
    for first, *others in lines:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        print(f"  {'  '.join(cells)}".rstrip())
