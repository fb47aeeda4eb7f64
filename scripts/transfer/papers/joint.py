"""Several papers together: how each dataset's metric follows ImageNet top-1, by its distance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from transfer.errors import UserError
from transfer.papers.paper import Paper, read_paper
from transfer.results.table import StudyResults, imagenet_top1, load_results, part_values
from transfer.statistics.by_distance import transfer_fit, trend_within_groups
from transfer.study.joint import JointStudy, read_joint
from transfer.validation import read_table

# The two numbers by which a dataset's metric follows ImageNet top-1.
MEASURES = ("correlation", "slope")


@dataclass(frozen=True)
class JointResults:
    """A study of several papers with the results of each paper's study.

    `papers` and `results` are by paper; `fid` is the distance to ImageNet by dataset.
    """

    study: JointStudy
    papers: Mapping[str, Paper]
    results: Mapping[str, StudyResults]
    fid: Mapping[str, float]


def load_joint(
    joint: Path,
    folders: Sequence[Path],
    values: Sequence[Path],
    fid: Path,
    models: Sequence[Path],
    datasets: Path,
) -> JointResults:
    """Read the results of a joint study's papers.

    `folders` are resources/published/<paper> and `values` their results.csv, in the order of the
    study's papers, whose own study files lie beside `joint`; `fid` is the fid.csv that has the
    distances, `models` begins with config/models.tsv.
    """
    study = read_joint(joint)
    if not len(folders) == len(values) == len(study.papers):
        raise UserError(
            f"{joint}: {len(study.papers)} papers, and {len(folders)} folders and {len(values)} "
            "results.csv were given: give one of each, in the order of the file"
        )
    papers = {folder.name: read_paper(folder) for folder in folders}
    if list(papers) != list(study.papers):
        raise UserError(f"{joint}: papers {', '.join(study.papers)}; given {', '.join(papers)}")
    results = {
        name: load_results(
            found,
            joint.with_name(f"{name}.yaml"),
            [*models[:1], *paper.model_tables],
            datasets,
            paper.top1_tables,
        )
        for (name, paper), found in zip(papers.items(), values, strict=True)
    }
    distances = read_table(fid, "fid").dropna(subset=["fid"])
    return JointResults(
        study, papers, results, dict(zip(distances["dataset"], distances["fid"], strict=True))
    )


def cited(paper: Paper) -> str:
    """A paper as it is cited: `Fang et al. 2023`."""
    first = paper.authors[0].split()[-1]
    others = {1: "", 2: f" and {paper.authors[-1].split()[-1]}"}.get(len(paper.authors), " et al.")
    return f"{first}{others} {paper.year}"


def fits_by_dataset(joint: JointResults) -> pd.DataFrame:
    """How each dataset's metric follows ImageNet top-1 over the models above the threshold.

    One row per dataset, in the order of the papers and of their parts: `dataset`, `paper`, `fid`,
    `models` that count, Pearson's `correlation` and the least-squares `slope`, both of fractions,
    each with the bounds of its interval, `<name>_lower` and `<name>_upper`.
    """
    rows = []
    for paper, part in joint.study.papers.items():
        results = joint.results[paper]
        values, top1 = part_values(results, part), imagenet_top1(results, part)
        if absent := [str(name) for name in values if name not in joint.fid]:
            raise UserError(f"{joint.study.distances}: no distance of {', '.join(absent)}")
        for dataset in values:
            there = values[dataset].notna()
            try:
                fit = transfer_fit(
                    top1[there].to_numpy(),
                    values[dataset][there].to_numpy(),
                    joint.study.threshold / 100,
                    joint.study.intervals["level"],
                )
            except ValueError as error:
                raise UserError(f"{paper}: {dataset}: {error}") from None
            rows.append(
                {
                    "dataset": dataset,
                    "paper": paper,
                    "fid": joint.fid[str(dataset)],
                    "models": fit.correlation.n,
                    "correlation": fit.correlation.value,
                    "correlation_lower": fit.correlation.interval.lower,
                    "correlation_upper": fit.correlation.interval.upper,
                    "slope": fit.slope,
                    "slope_lower": fit.slope_interval.lower,
                    "slope_upper": fit.slope_interval.upper,
                }
            )
    return pd.DataFrame(rows)


def trends_by_distance(joint: JointResults, fits: pd.DataFrame) -> pd.DataFrame:
    """Spearman's rho of either number with distance, and its two-sided permutation p.

    A row `within` papers, pooled, one for each paper, and `all`, which ranks the datasets of all
    papers together and so mixes differences of papers with those of datasets. Columns: `over`,
    `datasets`, and `<measure>_rho` and `<measure>_p` of each measure.
    """
    samples, seed = joint.study.intervals["samples"], joint.study.intervals["seed"]
    everywhere = np.zeros(len(fits), dtype=int)
    over = {"within": (fits, fits["paper"].to_numpy())}
    for paper in joint.study.papers:
        own = fits[fits["paper"] == paper]
        over[paper] = (own, own["paper"].to_numpy())
    over["all"] = (fits, everywhere)
    rows = []
    for name, (rows_of, groups) in over.items():
        row: dict[str, object] = {"over": name, "datasets": len(rows_of)}
        for measure in MEASURES:
            distance, follows = rows_of["fid"].to_numpy(), rows_of[measure].to_numpy()
            trend = trend_within_groups(distance, follows, groups, samples, seed)
            row |= {f"{measure}_rho": trend.pooled, f"{measure}_p": trend.p}
        rows.append(row)
    return pd.DataFrame(rows)
