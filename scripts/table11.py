"""Table 11: Frechet inception distance between ImageNet and each dataset."""

import argparse
from pathlib import Path

from transfer.command_line import run
from transfer.data.dataset import read_datasets
from transfer.drawing.tables import Column, decimals, write_table
from transfer.papers.distances import gap_of, gap_words, notes_of
from transfer.papers.published import read_published
from transfer.validation import read_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fid", type=Path, required=True, help="the study's fid.csv")
    parser.add_argument("--datasets", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument("--published", type=Path, help="the paper's Table 11, to stand beside")
    parser.add_argument("--output", type=Path, required=True, help="table11.csv")
    args = parser.parse_args()
    datasets = read_datasets(args.datasets)
    table = read_table(args.fid, "fid")
    columns = [
        Column("dataset", "Dataset", lambda key: datasets[key].name),
        Column("fid", "FID", decimals(2)),
    ]
    if args.published:
        printed = read_published(args.published.parent, args.published.stem)[["dataset", "fid"]]
        table = table.merge(printed.rename(columns={"fid": "published"}), "left", "dataset")
        columns.append(Column("published", "FID in the paper", decimals(2)))
    caption = "Fréchet inception distance of each dataset."
    notes = notes_of(table)
    groups = {
        group: [key for key, block in datasets.items() if block.group == group]
        for group in ("real_world", "web_scraped")
    }
    gap = gap_of(table, groups)
    if gap:
        notes.append(gap_words(gap, groups))
    write_table(table, columns, args.output, caption, notes)


if __name__ == "__main__":
    run(main)
