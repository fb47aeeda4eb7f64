"""The data from which the claims of a paper's text are recomputed."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import pandas as pd

from transfer.papers.paper import Paper
from transfer.papers.published import read_published, table_names
from transfer.results.table import StudyResults, above_threshold, imagenet_top1, part_values
from transfer.study.views import place_name

T = TypeVar("T")
NOT_ENOUGH, CANNOT_TELL = "not enough runs", "cannot tell"


class NotAnsweredError(Exception):
    """A statement that a study cannot decide: `answer`, one of the two above, and why."""

    def __init__(self, answer: str, why: str) -> None:
        super().__init__(why)
        self.answer, self.why = answer, why


class MeasuredTables(dict[str, pd.DataFrame]):
    """Tables by the number that the paper gives them, of a study that has measured only some."""

    def __missing__(self, table: str) -> pd.DataFrame:
        raise NotAnsweredError(
            CANNOT_TELL, f"rests on {place_name(table)}, which this study does not measure"
        )


@dataclass(frozen=True)
class Evidence:
    """A study, and what else a paper's statements speak of.

    `tables`: what the study computed, by the number that the paper gives it, indexed by dataset.
    `fid`: its fid.csv. `printed`: every printed table by its number, as numbers; of a study of runs
    what it measured in their place. What a study of runs lacks raises NotAnsweredError.
    """

    results: StudyResults
    tables: Mapping[str, pd.DataFrame]
    fid: pd.DataFrame
    printed: Mapping[str, pd.DataFrame]
    # By function, what `computed` has computed.
    kept: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def values(self) -> pd.DataFrame:
        """The part `main`, models x datasets, fractions."""
        self.require()
        return part_values(self.results)

    @cached_property
    def top1(self) -> pd.Series:
        """ImageNet top-1 of the models of the part `main`, fractions."""
        return imagenet_top1(self.results)

    @cached_property
    def better(self) -> pd.Series:
        """Which of them lie above the study's threshold."""
        return above_threshold(self.results)

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets of the part `main`."""
        return self.results.study.parts["main"].datasets

    def of(
        self, dataset: str, part: str = "main", models: Collection[str] | None = None
    ) -> pd.Series:
        """The values of a part's models, or of some of them, on one dataset, fractions."""
        self.require(dataset, part=part, models=models)
        values = part_values(self.results, part)[dataset]
        return values if models is None else values.loc[list(models)]

    def part(self, name: str) -> pd.DataFrame:
        """The values of a part, models x datasets, fractions."""
        self.require(part=name)
        return part_values(self.results, name)

    def computed(self, function: Callable[[StudyResults], T]) -> T:
        """What a function gives for the study, computed once."""
        if function not in self.kept:
            self.kept[function] = function(self.results)
        found: T = self.kept[function]
        return found

    def require(
        self, *datasets: str, part: str = "main", models: Collection[str] | None = None
    ) -> None:
        """Raise NotAnsweredError unless a study of runs has all values of a part on datasets.

        On all of the part's datasets if none is named, and of all its models unless some are.
        """
        results = self.results
        if part not in results.study.parts:
            raise NotAnsweredError(CANNOT_TELL, f"rests on part {part}, which this study lacks")
        of = results.study.parts[part]
        if absent := [name for name in datasets if name not in of.datasets]:
            names = ", ".join(results.datasets[name].short_name for name in absent)
            raise NotAnsweredError(CANNOT_TELL, f"rests on {names}, which this study lacks")
        if results.study.source == "published":
            return
        cells = results.cells[
            (results.cells["recipe"] == of.recipe)
            & results.cells["dataset"].isin(datasets or of.datasets)
            & results.cells["model"].isin(of.models if models is None else models)
        ]
        runs, expected = int(cells["n_runs"].sum()), int(cells["n_expected"].sum())
        if runs < expected:
            raise NotAnsweredError(NOT_ENOUGH, f"{runs} of the {expected} runs it rests on")
        if cells["value"].isna().any():
            lost = cells[cells["value"].isna()].iloc[0]
            name = results.models.loc[lost["model"], "name"]
            where = results.datasets[lost["dataset"]].short_name
            raise NotAnsweredError(CANNOT_TELL, f"every run of {name} on {where} diverged")

    def distances(self, group: str) -> pd.Series:
        """Distances to ImageNet of the datasets of one group."""
        found = self.fid[self.fid["group"] == group] if "group" in self.fid else self.fid[:0]
        if self.results.study.source == "runs" and (found.empty or found["fid"].isna().any()):
            absent = int(found["fid"].isna().sum())
            why = f"no distance of {absent} of {len(found)} datasets" if absent else "no distances"
            raise NotAnsweredError(CANNOT_TELL, f"{why} ({group.replace('_', '-')})")
        return found["fid"]


def gather_evidence(
    results: StudyResults, paper: Paper, tables: Mapping[str, pd.DataFrame], fid: pd.DataFrame
) -> Evidence:
    """The evidence of a study of printed values: tables by the paper's numbers, and distances."""
    return Evidence(
        results=results,
        tables={name: table.set_index("dataset") for name, table in tables.items()},
        fid=fid,
        printed={table: read_published(paper.folder, table) for table in table_names(paper.folder)},
    )


def measured_evidence(
    results: StudyResults, paper: Paper, sizes: pd.DataFrame | None, fid: pd.DataFrame | None
) -> Evidence:
    """The evidence of a study of runs: what it has measured, and nothing that its paper prints.

    `sizes` is its table of prepared datasets, `fid` its fid.csv; None where it has none.
    """
    measured = MeasuredTables()
    if sizes is not None and paper.sizes:
        datasets = results.study.parts["main"].datasets
        measured[paper.sizes] = sizes[sizes["dataset"].isin(datasets)]
    distances = pd.DataFrame(columns=["dataset", "group", "fid"]) if fid is None else fid
    return Evidence(results=results, tables={}, fid=distances, printed=measured)
