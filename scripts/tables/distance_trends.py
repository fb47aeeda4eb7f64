"""Whether datasets further from ImageNet follow ImageNet top-1 less, within papers and over all."""

from transfer.drawing.tables import Column, Table, decimals, show_p
from transfer.papers.joint import JointResults, cited, fits_by_dataset, trends_by_distance

READS = ("papers",)


def make(joint: JointResults) -> Table:
    trends = trends_by_distance(joint, fits_by_dataset(joint))
    labels = {"within": "Within papers, pooled", "all": "All datasets, papers mixed"}
    labels |= {name: cited(paper) for name, paper in joint.papers.items()}
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
