"""Write the totals of a paper's tables, which reveal altered numbers.

    python scripts/total_tables.py resources/published/kornblith2019

Run it once the tables have been compared with the paper, and again after a correction.
"""

import argparse
from pathlib import Path

from transfer.command_line import run
from transfer.files import write_text
from transfer.papers.totals import TOTALS, folder_totals


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="resources/published/<paper>")
    args = parser.parse_args()
    totals = folder_totals(args.folder)
    write_text(args.folder / f"{TOTALS}.csv", totals.to_csv(index=False))


if __name__ == "__main__":
    run(main)
