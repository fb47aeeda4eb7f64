"""What would happen to each run of a study, and the disk space still needed."""

import csv
import io
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from transfer.data.dataset import Dataset
from transfer.progress.cost import Estimate, Work
from transfer.progress.disk import Need, downloads_needed, runs_needed, stores_needed
from transfer.progress.dry_run import Output
from transfer.progress.work import DatasetSize
from transfer.study.expected import Run

FATES = ("done", "new", "again", "left out")
TO_COME = ("new", "again")
COLUMNS = ("what", "study", "dataset", "model", "runs", *FATES, "hours", "gigabytes", "source")


@dataclass
class PlannedRow:
    """One model on one dataset: runs by fate, and the seconds of those still to be trained."""

    study: str
    dataset: str
    model: str
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    unknown: int = 0
    sources: Counter[str] = field(default_factory=Counter)

    def add(self, fate: str, estimate: Estimate) -> None:
        """Count a run; `fate` is one of FATES."""
        self.counts[fate] += 1
        if fate not in TO_COME:
            return
        if estimate.seconds is None:
            self.unknown += 1
        else:
            self.seconds += estimate.seconds
            self.sources[estimate.source or ""] += 1

    @property
    def to_come(self) -> int:
        """Runs that would be trained."""
        return sum(self.counts[fate] for fate in TO_COME)

    @property
    def known_seconds(self) -> float | None:
        """GPU time still needed; None if unknown for any run."""
        return None if self.unknown else self.seconds

    @property
    def source(self) -> str:
        """Source of the estimated hours."""
        return "no speed known" if self.unknown else "; ".join(self.sources)


def rows_of(
    study: str,
    runs: Iterable[Run],
    fates: Mapping[Run, str],
    estimates: Mapping[Run, Estimate],
) -> list[PlannedRow]:
    """One row per dataset and model."""
    rows: dict[tuple[str, str], PlannedRow] = {}
    for one in runs:
        row = rows.setdefault((one.dataset, one.model), PlannedRow(study, one.dataset, one.model))
        row.add(fates[one], estimates[one])
    return list(rows.values())


def fate(output: Output | None, state: str) -> str:
    """What would happen to a run that is in this state now.

    A run that Snakemake does not list is up to date, or left out by allow_partial.
    """
    if output is None:
        return "done" if state in ("done", "diverged") else "left out"
    if not output.pending:
        return "done"
    return "again" if output.again else "new"


@dataclass(frozen=True)
class Space:
    """Space still needed for a dataset: its downloads, its store and its runs."""

    dataset: str
    downloads: Need
    store: Need
    runs: Need


def datasets_to_prepare(found: Iterable[Output]) -> set[str]:
    """Names of the datasets that would be prepared."""
    return {
        Path(output.path).parent.name
        for output in found
        if output.rule == "prepare" and output.pending
    }


def spaces_of(
    datasets: Mapping[str, Dataset],
    to_prepare: Container[str],
    to_train: Iterable[Run],
    works: Mapping[Run, Work],
    sizes: Mapping[str, DatasetSize],
    downloads: Path,
) -> list[Space]:
    """One entry per dataset that still needs space; stores are upper bounds."""
    runs: dict[str, list[Run]] = {}
    for run in to_train:
        runs.setdefault(run.dataset, []).append(run)
    spaces = []
    for name, dataset in datasets.items():
        own = {name: dataset} if name in to_prepare else {}
        spaces.append(
            Space(
                name,
                downloads_needed(own, downloads),
                stores_needed(own, sizes),
                runs_needed(runs.get(name, ()), works, sizes),
            )
        )
    empty = Need(0)
    return [one for one in spaces if (one.downloads, one.store, one.runs) != (empty,) * 3]


def to_csv(rows: Iterable[PlannedRow], spaces: Iterable[Space]) -> str:
    """Format as CSV, runs first and then gigabytes; unknown numbers are left empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        seconds = row.known_seconds
        writer.writerow(
            {
                "what": "runs",
                "study": row.study,
                "dataset": row.dataset,
                "model": row.model,
                "runs": row.counts.total(),
                **{fate: row.counts[fate] for fate in FATES},
                "hours": "" if seconds is None else f"{seconds / 3600:.2f}",
                "source": row.source if row.to_come else "",
            }
        )
    for space in spaces:
        needs = {"downloads": space.downloads, "store": space.store, "files of runs": space.runs}
        for what, need in needs.items():
            gigabytes = "" if need.unknown else f"{need.bytes / 1e9:.3f}"
            writer.writerow({"what": what, "dataset": space.dataset, "gigabytes": gigabytes})
    return text.getvalue()
