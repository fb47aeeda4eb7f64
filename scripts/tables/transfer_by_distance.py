"""How each dataset of several papers follows ImageNet top-1, and its distance to ImageNet."""

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table, decimals
from transfer.papers.joint import MEASURES, JointResults, cited, fits_by_dataset

READS = ("joint", "datasets")


def make(joint: JointResults, datasets: dict[str, Dataset]) -> Table:
    fits = fits_by_dataset(joint).sort_values("fid", ignore_index=True)
    bounds = {
        f"{measure}_{side}": f"{measure.capitalize()} {word}"
        for measure in MEASURES
        for side, word in (("lower", "from"), ("upper", "to"))
    }
    columns = [
        Column("dataset", "Dataset", lambda key: datasets[key].short_name),
        Column("paper", "Paper", lambda key: cited(joint.papers[key])),
        Column("fid", "FID", decimals(1)),
        Column("models", "Models"),
        *(
            Column(name, bounds.get(name, name.capitalize()), decimals(2))
            for name in fits.columns[4:]
        ),
    ]
    level, threshold = joint.study.intervals["level"], joint.study.threshold
    caption = (
        f"Each dataset's metric against ImageNet top-1 over the models above {threshold:g} %: "
        f"Pearson's correlation and least-squares slope, of fractions, with {level * 100:g} % "
        "intervals, by the dataset's distance to ImageNet as printed by "
        f"{cited(joint.papers[joint.study.distances])}."
    )
    return Table(fits, columns, caption, ["Computed from the papers' printed values."])
