"""The results table of a study joined with what is known of its models and datasets."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from transfer.data.dataset import Dataset, read_datasets
from transfer.errors import UserError
from transfer.results.predictor import Predictor, predictor_of
from transfer.study.model import Model, PrintedModel, read_shown_models
from transfer.study.study import Study, read_study
from transfer.study.views import place_name, read_view
from transfer.validation import read_table

# Notes below figures and tables of published numbers.
PRINTED = "Values as printed in the paper."
COMPUTED = "Computed from the values printed in {table}."
POINTS_PRINTED = "Each point is a value that the paper prints."
# The same of values that were read off the figures of a paper.
READ_OFF = {
    PRINTED: "Values read off the paper's figures, exact to {reach} points.",
    COMPUTED: "Computed from values read off the paper's figures, exact to {reach} points.",
    POINTS_PRINTED: "Each point is a value read off the paper's figures, exact to {reach} points.",
}


@dataclass(frozen=True)
class StudyResults:
    """A study, its tables of models and datasets, and the selected run of every cell.

    `cells` has one row per (dataset, model, recipe), the columns of results.csv. `top1` is the
    accuracy in percent by model for the horizontal axis: ImageNet top-1 as the study's
    paper prints it or as the library states it, or the value of the study's source part.
    """

    study: Study
    models: pd.DataFrame
    datasets: dict[str, Dataset]
    cells: pd.DataFrame
    top1: Mapping[str, float]

    @property
    def predictor(self) -> Predictor:
        """The label of the horizontal axis."""
        return predictor_of(self.study, self.datasets)


def load_results(
    results: str | Path,
    study: str | Path,
    models: Sequence[Path],
    datasets: str | Path,
    top1: Iterable[Path] = (),
) -> StudyResults:
    """Read a study's results.csv and the tables it refers to; raises UserError if invalid.

    `models` are config/models.tsv and, where the study's paper has a table of models, that. `top1`
    are printed tables for `printed_top1`, which a study with `imagenet_top1: published` needs.
    """
    read, known = read_study(study), read_shown_models(models)
    found = StudyResults(
        study=read,
        models=models_table(known),
        datasets=read_datasets(datasets),
        cells=read_table(results, "results"),
        top1={},
    )
    if read.source_part is not None:
        values = part_values(found, read.source_part).iloc[:, 0].dropna() * 100
        return replace(found, top1=values.to_dict())
    stated = {
        name: model.imagenet_top1_library
        for name, model in known.items()
        if isinstance(model, Model) and model.imagenet_top1_library is not None
    }
    return replace(found, top1=printed_top1(top1) if read.imagenet_top1 == "published" else stated)


def printed_top1(tables: Iterable[Path]) -> dict[str, float]:
    """ImageNet top-1 in percent by model, of printed tables with their schemas beside them.

    Raises UserError naming a model of which two tables print different accuracies.
    """
    found: dict[str, tuple[Path, float]] = {}
    for path in tables:
        rows = read_table(path, path.stem, path.parent)[["model", "imagenet_top1"]].dropna()
        for model, top1 in rows.itertuples(index=False, name=None):
            first, accuracy = found.setdefault(model, (path, top1))
            if accuracy != top1:
                raise UserError(
                    f"{path}: {model}: imagenet_top1 is {top1:g} and in {first.name} "
                    f"{accuracy:g}: a study needs one (paper.yaml, imagenet_top1)"
                )
    return {model: accuracy for model, (_, accuracy) in found.items()}


def models_table(models: Mapping[str, Model | PrintedModel]) -> pd.DataFrame:
    """Models as a table, a row each with the columns of config/models.tsv, indexed by model.

    What a paper does not say of its models is missing.
    """
    table = pd.DataFrame([asdict(model) for model in models.values()])
    return table.rename(columns={"id": "model"}).set_index("model", drop=False)


def part_values(results: StudyResults, name: str = "main") -> pd.DataFrame:
    """Selected values of a part of the study, models x datasets in the study's order.

    Values are fractions, as in results.csv; NaN where every run diverged or, in a partial grid,
    none is there yet. Raises UserError naming cells that results.csv does not have at all.
    """
    part = results.study.parts[name]
    cells = results.cells[results.cells["recipe"] == part.recipe]
    values = cells.pivot(index="model", columns="dataset", values="value")
    values = values.reindex(index=list(part.models), columns=list(part.datasets))
    there = set(zip(cells["model"], cells["dataset"], strict=True))
    missing = [
        f"{model} on {dataset}"
        for model in part.models
        for dataset in part.datasets
        if (model, dataset) not in there
    ]
    if missing:
        raise UserError(
            f"results of study {results.study.name}: no row for {', '.join(missing[:5])}"
            f"{' and others' if len(missing) > 5 else ''} ({part.recipe}); select its runs again"
        )
    return values


def complete_values(results: StudyResults, name: str = "main") -> pd.DataFrame:
    """`part_values` of the models that have a value on every dataset (Appendix N)."""
    return part_values(results, name).dropna()


def imagenet_top1(results: StudyResults, name: str = "main") -> pd.Series:
    """ImageNet top-1 of a part's models as a fraction, or their value of the study's source part.

    Raises UserError naming models without.
    """
    part = results.study.parts[name]
    if missing := [model for model in part.models if model not in results.top1]:
        raise UserError(
            f"study {results.study.name}: imagenet_top1: "
            f"{results.study.imagenet_top1 or f'part {results.study.source_part}'}: no accuracy "
            f"of {', '.join(missing)}"
        )
    models = pd.Index(part.models, name="model")
    return pd.Series([results.top1[model] for model in part.models], models) / 100


def above_threshold(results: StudyResults, name: str = "main") -> pd.Series:
    """Which of a part's models lie above the study's ImageNet threshold (70 % in Table 2)."""
    return imagenet_top1(results, name) * 100 > results.study.threshold


def logit_bound(results: StudyResults, values: pd.DataFrame) -> float:
    """How far values are kept from 0 and 1 before a logit: 0 where all lie strictly between.

    The paper's values need none. A small study can reach exactly 1 (or a kappa below 0); its
    values are then moved into [0.001, 0.999], which `bound_notes` says.
    """
    inside = ((values > 0) & (values < 1)).to_numpy().all()
    return 0.0 if inside else 1e-3


def bound_notes(bound: float) -> list[str]:
    """What a reader must know of the logit where values had to be moved off its poles."""
    if not bound:
        return []
    return [f"Values were moved into [{bound:g}, {1 - bound:g}] before the logit."]


def values_table(study: Study, part: str) -> str:
    """Which table holds a part's values, in words: that of the study, which numbers as the paper.

    Of the paper alone where the study shows no such table.
    """
    for number, shown in study.tables.items():
        if shown.view == "values":
            first, *_ = read_view("tables", "values").parts(shown.options)
            if first == part:
                return place_name(number)
    return "the paper"


def part_notes(results: StudyResults, name: str = "main", published: str = COMPUTED) -> list[str]:
    """Notes on the origin of the values of a figure or table.

    `published` is the note for a study of published values: `PRINTED` if it shows these values,
    `POINTS_PRINTED` if it draws them, `COMPUTED` if it computes from them, or nothing.
    """
    part = results.study.parts[name]
    cells = results.cells
    cells = cells[
        (cells["recipe"] == part.recipe)
        & cells["dataset"].isin(part.datasets)
        & cells["model"].isin(part.models)
    ]
    found = []
    if published and results.study.source == "published":
        reach = cells["reading_precision"].max() if "reading_precision" in cells else math.nan
        found.append(
            published.format(table=values_table(results.study, name))
            if math.isnan(reach)
            else READ_OFF[published].format(reach=f"{reach * 100:g}")
        )
    if results.study.weights == "random":
        found.append("Trained from random weights, not from ImageNet checkpoints.")
    finals = _final_notes(cells)
    found += finals
    if results.study.source == "runs" and not finals:
        found.append(
            "Hyperparameters chosen by the reported value itself, as published, and the epoch on "
            f"the selection split of recipe {part.recipe}."
            if results.study.selection == "as_published"
            else "Hyperparameters and epoch chosen on the selection split of recipe "
            f"{part.recipe}, which is not the reported one."
        )
    empty = int(cells["value"].isna().sum())
    if empty:
        found.append(f"{empty} of {len(cells)} cells have no value and are left out.")
    found += _absent_notes(results, cells)
    runs, expected = cells["n_runs"].sum(), cells["n_expected"].sum()
    if runs < expected:
        found.append(f"Partial: {runs} of {expected} runs.")
    diverged = int(cells["n_diverged"].sum())
    if diverged:
        fate = {"compete": "compete with their best epoch before", "discard": "are left out"}
        found.append(f"{diverged} of {runs} runs diverged and {fate[results.study.diverged]}.")
    if results.study.source == "runs":
        found += _provenance_notes(cells)
    return found


def _absent_notes(results: StudyResults, cells: pd.DataFrame) -> list[str]:
    """What a part waits for, where to place it, and the runs that it will be."""
    if "absent" not in cells or (waiting := cells[cells["absent"].fillna("") != ""]).empty:
        return []
    found = []
    for why, rows in waiting.groupby("absent", sort=False):
        names = ", ".join(results.models.loc[list(dict.fromkeys(rows["model"])), "name"])
        runs = int(rows["n_expected"].sum() - rows["n_runs"].sum())
        found.append(f"Not trained: {runs} runs of {names}; {why}.")
    return found


def _final_notes(cells: pd.DataFrame) -> list[str]:
    """How values came about that are means over final runs."""
    if "n_seeds" not in cells or cells["n_seeds"].isna().all():
        return []
    seeds = sorted({int(n) for n in cells["n_seeds"].dropna()})
    counts = str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    splits = " or ".join(
        " and ".join(split.split(" ")) for split in sorted(set(cells["trained_on"].dropna()) - {""})
    )
    epochs = " or ".join(sorted(set(cells["reported_epoch"].dropna()) - {""}))
    return [
        f"Hyperparameters chosen on the selection split; the chosen point was trained again on "
        f"{splits} with {counts} seed{'s' * (seeds[-1] > 1)}, and values are the mean at the "
        f"{epochs} epoch."
    ]


def _provenance_notes(cells: pd.DataFrame) -> list[str]:
    """How the runs of some cells were made, where a reader could be misled."""
    found = []
    precisions = _stated(cells, "precision")
    if precisions:
        found.append(f"Trained in {' and '.join(precisions)}.")
    mixed = int(cells["device"].str.contains("; ").sum()) if "device" in cells else 0
    if mixed:
        devices = ", ".join(_stated(cells, "device"))
        found.append(
            f"Runs of {mixed} of {len(cells)} cells were trained on different devices: {devices}."
        )
    versions = _stated(cells, "versions")
    if len(versions) > 1:
        found.append(f"Trained with different versions: {'; '.join(versions)}.")
    cut = int((cells["micro_batch"] != "").sum()) if "micro_batch" in cells else 0
    if cut:
        found.append(
            f"In {cut} of {len(cells)} cells the GPU's memory did not suffice for some batches: "
            f"batch normalisation saw {' or '.join(_stated(cells, 'micro_batch'))} images."
        )
    by_name = int(cells["n_accepted_by_name"].sum()) if "n_accepted_by_name" in cells else 0
    if by_name:
        found.append(
            f"{by_name} runs are of a version of the code that was accepted as equal by name, not "
            "by training a run again."
        )
    return found


def _stated(cells: pd.DataFrame, column: str) -> list[str]:
    """The distinct values of a column whose cells list several, in order."""
    if column not in cells:
        return []
    parts = {part for cell in cells[column].fillna("") for part in str(cell).split("; ") if part}
    return sorted(parts)
