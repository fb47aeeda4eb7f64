"""Write printed values in the format of computed ones: results, intervals, distances."""

import argparse
from pathlib import Path

from transfer.command_line import run
from transfer.data.dataset import read_datasets
from transfer.files import write_text
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid, published_results
from transfer.papers.published_intervals import published_intervals
from transfer.study.study import read_study


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--published", type=Path, required=True, help="resources/published/<paper>")
    parser.add_argument("--study", type=Path, required=True, help="config/studies/<study>.yaml")
    parser.add_argument("--datasets", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument("--results", type=Path, required=True, help="results.csv to write")
    parser.add_argument("--intervals", type=Path, required=True, help="intervals.csv to write")
    parser.add_argument("--fid", type=Path, required=True, help="fid.csv to write")
    args = parser.parse_args()
    study = read_study(args.study)
    paper = read_paper(args.published)
    results = published_results(paper, study, read_datasets(args.datasets))
    intervals = published_intervals(paper, results, study.intervals["level"])
    write_text(args.intervals, intervals.to_csv(index=False, float_format="%.6f"))
    write_text(args.results, results.to_csv(index=False))
    write_text(args.fid, published_fid(paper).to_csv(index=False))


if __name__ == "__main__":
    run(main)
