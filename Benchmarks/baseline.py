"""What was measured last on a machine in a precision: one file, to which a run adds its table in the place of those it has measured anew.

    python3 Benchmarks/baseline.py Benchmarks/Baselines/*.md      # checks that no table there has been measured anew by a later one

Git has the earlier figures.
"""

import re
import sys
from pathlib import Path


def name_of(processor: str, isa: str, precision: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{processor} {isa} {precision}".lower()).strip("-") + ".md"


def sections_of(text: str) -> list[str]:
    """The runs of a file, each from its `## ` line on."""
    return [part.strip() + "\n" for part in re.split(r"^(?=## )", text, flags=re.MULTILINE) if part.startswith("## ")]


def measured(section: str) -> set[tuple[str, str]]:
    """The rows of a run's table, by work and opponent."""
    cells = ([cell.strip() for cell in line.split("|")[1:]] for line in section.splitlines() if line.startswith("| "))
    return {(row[0], row[2]) for row in cells if len(row) > 2 and row[0] != "work"}


def current(sections: list[str]) -> list[str]:
    """Of runs, the latest first, those with a row that no later one has measured."""
    kept, seen = [], set()
    for section in sections:
        if not measured(section) <= seen:
            kept.append(section)
        # Ours beside an opponent is ours alone too.
        seen |= measured(section) | {(work, "") for work, _ in measured(section)}
    return kept


def merged(text: str, title: str, section: str) -> str:
    """A file's text after a run, which stands first."""
    return "\n".join([f"# {title}\n", *current([section.strip() + "\n", *sections_of(text)])])


def main() -> None:
    for path in map(Path, sys.argv[1:]):
        sections = sections_of(path.read_text())
        for section in sections:
            if section not in current(sections):
                sys.exit(f"{path}: later runs have measured all of: {section.splitlines()[0]}")
        print(f"{path}: {len(sections)} runs")


if __name__ == "__main__":
    main()
