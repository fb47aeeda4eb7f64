"""Whether datasets further from ImageNet follow ImageNet top-1 less, within papers and over all."""

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table, decimals, show_p
from transfer.errors import UserError
from transfer.papers.joint import JointResults, cited, fits_by_dataset, trends_by_distance

READS = ("joint", "datasets")
OPTIONS = {
    # Datasets without which the trend within their papers is shown as well.
    "without": {"type": "array", "items": {"type": "string"}, "default": []},
}


def make(joint: JointResults, datasets: dict[str, Dataset], *, without: list[str]) -> Table:
    fits = fits_by_dataset(joint)
    left_out = fits["dataset"].isin(without)
    if unknown := sorted(set(without) - set(fits["dataset"])):
        raise UserError(f"distance_trends: without: not shown by any paper: {', '.join(unknown)}")
    trends = trends_by_distance(joint, fits)
    labels = {"within": "Within papers, pooled", "all": "All datasets, papers mixed"}
    labels |= {name: cited(paper) for name, paper in joint.papers.items()}
    names = " and ".join(datasets[name].short_name for name in without)
    if without:
        fewer = trends_by_distance(joint, fits[~left_out]).set_index("over", drop=False)
        fewer = fewer.loc[[*fits.loc[left_out, "paper"].unique()]]
        labels |= {f"{key}_without": f"{labels[key]} without {names}" for key in fewer["over"]}
        trends = pd.concat([trends, fewer.assign(over=fewer["over"] + "_without")])
        trends = trends.reset_index(drop=True)
    columns = [
        Column("over", "Over", lambda key: labels[key]),
        Column("datasets", "Datasets"),
        Column("correlation_rho", "Correlation, rho", decimals(2)),
        Column("correlation_p", "p", show_p),
        Column("slope_rho", "Slope, rho", decimals(2)),
        Column("slope_p", "p ", show_p),
    ]
    intervals = joint.study.intervals
    caption = (
        "Spearman's rho of distance to ImageNet with the correlation and with the slope of each "
        f"dataset, and its two-sided p by {intervals['samples']:,} permutations (seed "
        f"{intervals['seed']}). The pooled rho ranks the datasets of each paper among themselves."
    )
    return Table(trends, columns, caption)
