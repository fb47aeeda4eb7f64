"""Runs of a study by what would happen to them, counted per model and dataset."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from transfer.progress.cost import Estimate
from transfer.progress.dry_run import Output
from transfer.progress.expected import Run

FATES = ("done", "new", "again")
COLUMNS = ("study", "dataset", "model", "runs", *FATES, "hours", "source")


@dataclass
class Row:
    """One model on one dataset: runs by what would happen to them, seconds of those to come."""

    study: str
    dataset: str
    model: str
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    unknown: int = 0
    sources: Counter[str] = field(default_factory=Counter)

    def add(self, fate: str, estimate: Estimate) -> None:
        """Count a run; `fate` is done, new or again."""
        self.counts[fate] += 1
        if fate == "done":
            return
        if estimate.seconds is None:
            self.unknown += 1
        else:
            self.seconds += estimate.seconds
            self.sources[estimate.source or ""] += 1

    @property
    def known_seconds(self) -> float | None:
        """Card time to come; None if it is not known of every run."""
        return None if self.unknown else self.seconds

    @property
    def source(self) -> str:
        """Where the hours are from."""
        return "no speed known" if self.unknown else "; ".join(self.sources)


def rows_of(
    study: str,
    runs: Iterable[Run],
    fates: Mapping[Run, str],
    estimates: Mapping[Run, Estimate],
) -> list[Row]:
    """One row per dataset and model."""
    rows: dict[tuple[str, str], Row] = {}
    for one in runs:
        row = rows.setdefault((one.dataset, one.model), Row(study, one.dataset, one.model))
        row.add(fates[one], estimates[one])
    return list(rows.values())


def fate(output: Output | None) -> str:
    """What would happen to a run; one that Snakemake does not even name is up to date."""
    if output is None or not output.pending:
        return "done"
    return "again" if output.again else "new"


def to_csv(rows: list[Row]) -> str:
    """The rows as CSV; hours with a decimal point, empty where not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        counts = [row.counts[name] for name in FATES]
        seconds = row.known_seconds
        time = "" if seconds is None else f"{seconds / 3600:.2f}"
        source = row.source if counts[1] + counts[2] else ""
        writer.writerow(
            [row.study, row.dataset, row.model, row.counts.total(), *counts, time, source]
        )
    return text.getvalue()
