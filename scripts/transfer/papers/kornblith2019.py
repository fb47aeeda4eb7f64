"""Each statement of the running text of Kornblith et al. 2019 that its figures can decide.

Its results are read off figures: `precision` in each table says how exactly.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from transfer.papers.evidence import Evidence
from transfer.statistics.convergence import Spread, epochs, spread, steps_to_threshold
from transfer.statistics.correlation_intervals import Correlation, pearson
from transfer.statistics.morey import Correction, mean_log_odds, standard_errors
from transfer.statistics.paired import SignedRank, signed_rank_test, tied_with_best
from transfer.statistics.permutation import swap_test_range
from transfer.statistics.transforms import logit

SIGNIFICANT = 0.05
FIXED, TUNED, RANDOM = "logistic_regression", "fine_tuned", "random_initialization"
# Datasets with fewer training images count as small (Section 4.3).
SMALL = 10_000
BATCH_SIZE = 256
# Total numbers of training images between which data is called sparse (Section 4.7).
SPARSE = (47, 800)
INCEPTION_V3_V4 = {"inception_v3", "inception_v4"}


def sizes(e: Evidence) -> pd.DataFrame:
    """Table 1 by dataset, with the number of classes that the datasets have."""
    table = e.printed["table01"].set_index("dataset")
    for row in e.printed["corrections"].itertuples():
        if row.table == "table01":
            table.loc[row.row, row.column] = int(row.correct)
    return table


def top1(e: Evidence) -> pd.Series:
    """ImageNet top-1 of each network as a fraction."""
    return e.printed["networks"].set_index("model")["imagenet_top1"] / 100


def accuracies(e: Evidence, setting: str) -> pd.DataFrame:
    """Accuracies of one setting as fractions, networks x datasets (Figure 2)."""
    table = e.printed["figure2"]
    table = table[table["setting"] == setting]
    wide = table.pivot(index="model", columns="dataset", values="accuracy") / 100
    return wide.loc[top1(e).index, sizes(e).index]


def log_odds(e: Evidence, setting: str) -> pd.DataFrame:
    """Accuracies of one setting after the logit transformation, networks x datasets."""
    return logit(accuracies(e, setting))


def small_datasets(e: Evidence) -> list[str]:
    """Datasets with fewer than 10,000 training images."""
    return list(sizes(e).index[sizes(e)["train_size"] < SMALL])


def large_datasets(e: Evidence) -> list[str]:
    """Datasets with 10,000 training images or more."""
    return list(sizes(e).index[sizes(e)["train_size"] >= SMALL])


def correlation(e: Evidence, setting: str, datasets: list[str] | None = None) -> Correlation:
    """Pearson's r of ImageNet top-1 and mean accuracy over datasets, both as log odds."""
    values = accuracies(e, setting)
    chosen = values if datasets is None else values[datasets]
    return pearson(logit(top1(e).to_numpy()), mean_log_odds(chosen.to_numpy()))


def tied_first(e: Evidence, setting: str) -> set[str]:
    """Networks whose mean over datasets does not differ significantly from the best one's."""
    values = log_odds(e, setting)
    return set(values.index[tied_with_best(values.to_numpy(), SIGNIFICANT).tied])


def best_three(e: Evidence, setting: str, datasets: list[str]) -> set[str]:
    """The three networks with the highest mean log odds over some datasets."""
    return set(log_odds(e, setting)[datasets].mean(axis=1).nlargest(3).index)


def better_count(e: Evidence, first: str, second: str) -> int:
    """Pairs of network and dataset for which the first setting has the higher accuracy."""
    return int((accuracies(e, first) > accuracies(e, second)).to_numpy().sum())


def mean_gain(e: Evidence, first: str, second: str) -> pd.Series:
    """Mean over networks of the gain in log odds of one setting over another, by dataset."""
    return (log_odds(e, first) - log_odds(e, second)).mean()


def fine_tuning_tests(e: Evidence) -> dict[str, SignedRank]:
    """Wilcoxon's test over networks, fine-tuning against logistic regression, by dataset.

    On log odds: the order of the differences, and with it p, is another for plain accuracies.
    """
    tuned, fixed = log_odds(e, TUNED), log_odds(e, FIXED)
    return {
        name: signed_rank_test(tuned[name].to_numpy(), fixed[name].to_numpy()) for name in tuned
    }


def settings_gain(e: Evidence, figure: str) -> pd.Series:
    """Highest mean log odds of a network less those of its first configuration."""
    table = e.printed[figure].pivot(index="model", columns="configuration", values="mean_log_odds")
    return table.max(axis=1) - table[1]


def settings_top1(e: Evidence) -> pd.DataFrame:
    """ImageNet top-1 in percent of each network by configuration (inset of Figure 3)."""
    return e.printed["figure3"].pivot(
        index="model", columns="configuration", values="imagenet_top1"
    )


def range_of_networks(e: Evidence) -> float:
    """Distance in mean log odds of the worst and the best network by logistic regression."""
    return float(np.ptp(log_odds(e, FIXED).mean(axis=1)))


def new_best(e: Evidence) -> list[str]:
    """Datasets on which the best result shown is above the best published before (Figure 6)."""
    table = e.printed["figure6"].set_index("dataset")
    shown = pd.concat(
        [accuracies(e, setting).max() * 100 for setting in (FIXED, TUNED, RANDOM)], axis=1
    )
    ours = pd.concat([shown.max(axis=1), table["inception_v4_448"]], axis=1).max(axis=1)
    return [name for name in table.index if ours[name] > table.loc[name, "previous_best"]]


def steps(e: Evidence, setting: str) -> pd.Series:
    """Steps to nine tenths of the best odds of Inception v4, by dataset (Figure 8)."""
    table = e.printed["figure8"]
    table = table[table["setting"] == setting]
    found = {
        name: steps_to_threshold(curve["steps"].to_numpy(), curve["accuracy"].to_numpy() / 100)
        for name, curve in table.groupby("dataset")
    }
    return pd.Series(found).loc[sizes(e).index]


def steps_spread(e: Evidence, setting: str) -> Spread:
    """Geometric mean over datasets of these steps, with quartiles."""
    return spread(steps(e, setting).to_numpy())


def epochs_spread(e: Evidence, setting: str) -> Spread:
    """Geometric mean over datasets of the epochs in these steps, with quartiles."""
    train_size = sizes(e)["train_size"].to_numpy()
    return spread(epochs(steps(e, setting).to_numpy(), BATCH_SIZE, train_size))


def by_examples(e: Evidence) -> pd.DataFrame:
    """Figure 9 with one column per setting, and `total` training images; percent."""
    table = (
        e.printed["figure9"]
        .pivot(index=["dataset", "examples_per_class"], columns="setting", values="accuracy")
        .reset_index()
    )
    return table.assign(
        total=table["examples_per_class"] * table["dataset"].map(sizes(e)["classes"])
    )


def sparse_lead(e: Evidence) -> pd.Series:
    """Points that logistic regression is ahead of fine-tuning where data is sparse (Figure 9)."""
    table = by_examples(e)
    table = table[table["total"].between(*SPARSE)]
    return (table[FIXED] - table[TUNED]).dropna()


def aircraft_parity(e: Evidence) -> pd.Series:
    """The first row of Aircraft in Figure 9 where random initialization is level with tuning."""
    table = by_examples(e)
    table = table[(table["dataset"] == "aircraft") & (table[RANDOM] >= table[TUNED])]
    return table.loc[table["total"].idxmin()]


def percent(e: Evidence, setting: str, dataset: str) -> float:
    """Accuracy of Inception v4 in percent."""
    return float(accuracies(e, setting).loc["inception_v4", dataset] * 100)


def best_network(e: Evidence, setting: str, dataset: str) -> str:
    """The network with the highest accuracy on a dataset."""
    return str(accuracies(e, setting)[dataset].idxmax())


def figure5_steps(e: Evidence) -> pd.DataFrame:
    """Mean log odds of Figure 5, networks x configurations."""
    return e.printed["figure5"].pivot(
        index="model", columns="configuration", values="mean_log_odds"
    )


def drawn_average(e: Evidence, setting: str) -> pd.DataFrame:
    """The average panel of one setting as drawn: mean log odds, error bars, marks (Figure 2)."""
    table = e.printed["figure2_average"]
    return table[table["setting"] == setting].set_index("model").loc[top1(e).index]


def bar_ratio(e: Evidence, correction: Correction, ddof: int) -> float:
    """Mean ratio of the error bars as drawn to those that a correction gives."""
    ratios = [
        drawn_average(e, setting)["standard_error"]
        / standard_errors(log_odds(e, setting).to_numpy(), correction, ddof)
        for setting in (FIXED, TUNED, RANDOM)
    ]
    return float(pd.concat(ratios).mean())


def nearest_correction(e: Evidence) -> Correction:
    """The correction for the number of networks, with either divisor, nearest to the drawn bars."""
    candidates: list[tuple[Correction, int]] = [
        (correction, ddof) for correction in ("none", "morey", "printed") for ddof in (0, 1)
    ]
    return min(candidates, key=lambda one: abs(np.log(bar_ratio(e, *one))))[0]


def marks_on_average(e: Evidence, setting: str) -> set[str]:
    """Networks that are drawn green in the average panel."""
    marked = drawn_average(e, setting)["tied_with_best"]
    return set(marked.index[marked])


def contradicted_marks(e: Evidence) -> int:
    """Marks of single datasets that the bounds of the exchange test's p contradict (top-1 only)."""
    count = 0
    for (_, dataset), panel in e.printed["figure2"].groupby(["setting", "dataset"]):
        size = sizes(e).loc[dataset]
        if size["metric"] != "accuracy":
            continue
        best = panel.loc[panel["accuracy"].idxmax()]
        for row in panel.drop(index=best.name).itertuples():
            p = swap_test_range(row.accuracy / 100, best["accuracy"] / 100, int(size["eval_size"]))
            bound = p.largest if row.tied_with_best else p.smallest
            count += (bound > SIGNIFICANT) != row.tied_with_best
    return count


CLAIMS: dict[str, Callable[[Evidence], float | bool]] = {
    "model_count": lambda e: e.printed["figure2"]["model"].nunique(),
    "dataset_count": lambda e: len(e.printed["table01"]),
    "r_logistic_regression": lambda e: correlation(e, FIXED).value,
    "r_fine_tuned": lambda e: correlation(e, TUNED).value,
    "cifar100_classes": lambda e: sizes(e).loc["cifar100", "classes"],
    "pets_eval_size": lambda e: sizes(e).loc["pets", "eval_size"],
    "error_bars_as_printed": lambda e: nearest_correction(e) == "printed",
    "imagenet_top1_minimum": lambda e: top1(e).min() * 100,
    "imagenet_top1_maximum": lambda e: top1(e).max() * 100,
    "smallest_train_size": lambda e: sizes(e)["train_size"].min(),
    "largest_train_size": lambda e: sizes(e)["train_size"].max(),
    "smallest_class_size": lambda e: (sizes(e)["train_size"] / sizes(e)["classes"]).min(),
    "largest_class_size": lambda e: (sizes(e)["train_size"] / sizes(e)["classes"]).max(),
    "marks_on_average": lambda e: all(
        marks_on_average(e, setting) == tied_first(e, setting) for setting in (FIXED, TUNED, RANDOM)
    ),
    "marks_by_dataset": lambda e: contradicted_marks(e) == 0,
    "logistic_regression_best_are_top_two": lambda e: (
        tied_first(e, FIXED) == set(top1(e).nlargest(2).index)
    ),
    "settings_each_below_1": lambda e: (
        settings_top1(e).diff(axis=1).abs().max(axis=None).round(6) < 1
    ),
    "settings_together_below_1": lambda e: (
        (settings_top1(e).max(axis=1) - settings_top1(e).min(axis=1)).max().round(6) < 1
    ),
    "settings_as_large_as_networks": lambda e: (
        abs(settings_gain(e, "figure3").max() / range_of_networks(e) - 1) < 0.25
    ),
    "fine_tuned_better_count": lambda e: better_count(e, TUNED, FIXED),
    "pair_count": lambda e: accuracies(e, TUNED).size,
    "fine_tuned_better_wilcoxon": lambda e: (
        {name for name, test in fine_tuning_tests(e).items() if test.p >= 0.01} == {"caltech101"}
        and all(
            test.positive > test.negative
            for name, test in fine_tuning_tests(e).items()
            if name != "caltech101"
        )
    ),
    "larger_datasets_gain_more": lambda e: (
        mean_gain(e, TUNED, FIXED).corr(sizes(e)["train_size"], method="spearman") > 0
    ),
    "flowers_gain_substantial": lambda e: (
        mean_gain(e, TUNED, FIXED)["flowers102"] > mean_gain(e, TUNED, FIXED).median()
    ),
    "fine_tuning_scale_and_smoothing_help": lambda e: (
        figure5_steps(e)[[1, 2, 3]].diff(axis=1)[[2, 3]].min(axis=None) > 0
    ),
    "fine_tuning_settings_smaller": lambda e: (
        settings_gain(e, "figure5") < settings_gain(e, "figure3")[settings_gain(e, "figure5").index]
    ).all(),
    "r_random_initialization": lambda e: correlation(e, RANDOM).value,
    "small_dataset_count": lambda e: len(small_datasets(e)),
    "r_random_small": lambda e: correlation(e, RANDOM, small_datasets(e)).value,
    "r_random_small_not_significant": lambda e: (
        correlation(e, RANDOM, small_datasets(e)).p > SIGNIFICANT
    ),
    "r_random_large": lambda e: correlation(e, RANDOM, large_datasets(e)).value,
    "inception_v3_v4_top": lambda e: (
        best_three(e, RANDOM, small_datasets(e)) & best_three(e, RANDOM, large_datasets(e))
        >= INCEPTION_V3_V4
    ),
    "state_of_the_art_count": lambda e: len(new_best(e)),
    "sun397_beats_places": lambda e: (
        percent(e, TUNED, "sun397")
        > e.printed["figure6"].set_index("dataset").loc["sun397", "previous_best"]
    ),
    "fine_tuned_better_than_random_count": lambda e: better_count(e, TUNED, RANDOM),
    "cars_aircraft_gain_small": lambda e: (
        {"cars", "aircraft"} <= set(mean_gain(e, TUNED, RANDOM).nsmallest(3).index)
    ),
    "cars_aircraft_inception_v4_best": lambda e: all(
        best_network(e, setting, dataset) == "inception_v4"
        for setting in (TUNED, RANDOM)
        for dataset in ("cars", "aircraft")
    ),
    "cars_random_inception_v4": lambda e: percent(e, RANDOM, "cars"),
    "cars_fine_tuned_inception_v4": lambda e: percent(e, TUNED, "cars"),
    "aircraft_random_inception_v4": lambda e: percent(e, RANDOM, "aircraft"),
    "aircraft_fine_tuned_inception_v4": lambda e: percent(e, TUNED, "aircraft"),
    "cars_images": lambda e: sizes(e).loc["cars", "train_size"],
    "cars_classes": lambda e: sizes(e).loc["cars", "classes"],
    "fine_tuned_epochs": lambda e: epochs_spread(e, TUNED).geometric_mean,
    "fine_tuned_epochs_quartile1": lambda e: epochs_spread(e, TUNED).lower,
    "fine_tuned_epochs_quartile3": lambda e: epochs_spread(e, TUNED).upper,
    "fine_tuned_steps": lambda e: steps_spread(e, TUNED).geometric_mean,
    "fine_tuned_steps_quartile1": lambda e: steps_spread(e, TUNED).lower,
    "fine_tuned_steps_quartile3": lambda e: steps_spread(e, TUNED).upper,
    "random_epochs": lambda e: epochs_spread(e, RANDOM).geometric_mean,
    "random_epochs_quartile1": lambda e: epochs_spread(e, RANDOM).lower,
    "random_epochs_quartile3": lambda e: epochs_spread(e, RANDOM).upper,
    "random_steps": lambda e: steps_spread(e, RANDOM).geometric_mean,
    "random_steps_quartile1": lambda e: steps_spread(e, RANDOM).lower,
    "random_steps_quartile3": lambda e: steps_spread(e, RANDOM).upper,
    "speedup": lambda e: (
        steps_spread(e, RANDOM).geometric_mean / steps_spread(e, TUNED).geometric_mean
    ),
    "sparse_logistic_regression_every": lambda e: sparse_lead(e).min() >= -1,
    "sparse_logistic_regression_half": lambda e: (sparse_lead(e) >= 0).mean() >= 0.5,
    "aircraft_parity_examples": lambda e: aircraft_parity(e)["total"],
    "aircraft_parity_per_class": lambda e: aircraft_parity(e)["examples_per_class"],
}
