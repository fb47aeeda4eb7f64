"""Each statement of the running text of Ngiam et al. 2018 that its tables can decide."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from transfer.papers.evidence import Evidence
from transfer.statistics.paired import DECIMALS, Gain, cells_below, gain, gain_over_best

TARGETS = ["birdsnap", "pets", "cars", "aircraft", "food101", "cifar10"]
# The hand-picked subset made for each target that has one.
OWN_SUBSET = {
    "birdsnap": "jft_bird",
    "cars": "jft_car",
    "aircraft": "jft_aircraft",
    "food101": "jft_food",
}
SUBSETS = [
    *("jft_bird", "jft_animal", "jft_car", "jft_aircraft"),
    *("jft_vehicle", "jft_transport", "jft_food"),
]
INCEPTION, AMOEBANET = "table03", "table04"


def accuracies(e: Evidence, table: str) -> pd.DataFrame:
    """Accuracies in percent, pre-trainings x targets, of Table 3 or 4."""
    return e.printed[table].set_index("pretraining")[TARGETS]


def own_results(e: Evidence, table: str) -> pd.DataFrame:
    """As `accuracies`, without the best published results of Table 4."""
    return accuracies(e, table).drop(index="best_published", errors="ignore")


def adaptive_gain(e: Evidence, table: str, source: str) -> Gain:
    """Adaptive transfer less pre-training on the entire source, `jft` or `imagenet`."""
    values = accuracies(e, table)
    return gain(
        values.loc[f"{source}_adaptive"].to_numpy(), values.loc[f"{source}_entire"].to_numpy()
    )


def adaptive_gain_over_subsets(e: Evidence, table: str) -> Gain:
    """Adaptive transfer from JFT less the best hand-picked subset of each target."""
    values = accuracies(e, table)
    return gain_over_best(values.loc["jft_adaptive"].to_numpy(), values.loc[SUBSETS].to_numpy())


def below_random(e: Evidence) -> pd.DataFrame:
    """Which pre-trained networks of Table 3 do worse than random initialization."""
    values = accuracies(e, INCEPTION)
    random = values.loc["random_initialization"].to_numpy()
    pretrained = values.drop(index="random_initialization")
    below = cells_below(pretrained.to_numpy(), random)
    return pd.DataFrame(below, index=pretrained.index, columns=pretrained.columns)


def above(first: pd.Series, second: pd.Series) -> int:
    """Number of targets on which the first is higher, up to rounding in binary."""
    return int((np.round(first - second, DECIMALS) > 0).sum())


def entire_worse(e: Evidence, table: str) -> int:
    """Targets on which some hand-picked subset does better than the entire JFT."""
    values = accuracies(e, table)
    return above(values.loc[SUBSETS].max(), values.loc["jft_entire"])


def own_subset_best(e: Evidence, table: str) -> int:
    """Targets whose own subset is the best of the hand-picked ones."""
    values = accuracies(e, table).loc[SUBSETS]
    return sum(values[target].idxmax() == subset for target, subset in OWN_SUBSET.items())


def beats_subsets(e: Evidence, table: str, target: str) -> bool:
    """Whether adaptive transfer from JFT is above every hand-picked subset on a target."""
    values = accuracies(e, table)[target]
    return bool(values["jft_adaptive"] > values[SUBSETS].max())


def less_than_random(e: Evidence, pretraining: str, target: str) -> bool:
    """Whether a pre-training of Table 3 does worse on a target than random initialization."""
    return bool(below_random(e).loc[pretraining, target])


def inside(e: Evidence, parts: list[str], whole: str) -> bool:
    """Whether subsets have together no more images and classes than the one that holds them."""
    table = e.printed["table01"].set_index("subset")[["images_millions", "classes"]]
    return bool((table.loc[parts].sum() <= table.loc[whole]).all())


def lead(e: Evidence, table: str, first: str, second: str, target: str) -> float:
    """Points that one pre-training is ahead of another on a target."""
    values = accuracies(e, table)[target]
    return float(values[first] - values[second])


def imagenet_gain_cars_aircraft(e: Evidence) -> float:
    """Adaptive transfer from ImageNet less random initialization, mean of Cars and Aircraft."""
    values = accuracies(e, INCEPTION)[["cars", "aircraft"]]
    gains = values.loc["imagenet_adaptive"] - values.loc["random_initialization"]
    return float(gains.mean())


def transport_better(e: Evidence) -> int:
    """Of cars to Aircraft and aircraft to Cars, those that AmoebaNet-B does better."""
    pairs = (("jft_car", "aircraft"), ("jft_aircraft", "cars"))
    large, small = accuracies(e, AMOEBANET), accuracies(e, INCEPTION)
    return sum(large.loc[pair] > small.loc[pair] for pair in pairs)


def better_than_inception(e: Evidence) -> int:
    """Targets other than Aircraft on which AmoebaNet-B's best own result is the higher one."""
    best = [own_results(e, table).max().drop("aircraft") for table in (AMOEBANET, INCEPTION)]
    return above(*best)


def above_published(e: Evidence, targets: list[str]) -> int:
    """Targets on which adaptive transfer from JFT is above the best published result."""
    values = accuracies(e, AMOEBANET)[targets]
    return above(values.loc["jft_adaptive"], values.loc["best_published"])


def flowers(e: Evidence) -> pd.Series:
    """Accuracy in percent on Oxford Flowers 102 by pre-training (Table 5)."""
    return e.printed["table05"].set_index("pretraining")["accuracy"]


def pets(e: Evidence) -> pd.Series:
    """Accuracy in percent on Oxford-IIIT Pets by weighting (Table 6)."""
    return e.printed["table06"].set_index("weighting")["accuracy"]


CLAIMS: dict[str, Callable[[Evidence], float | bool]] = {
    "subsets_made": lambda e: (e.printed["table01"]["subset"] != "jft_entire").sum(),
    "bird_within_animal": lambda e: inside(e, ["jft_bird"], "jft_animal"),
    "car_aircraft_within_vehicle": lambda e: inside(e, ["jft_car", "jft_aircraft"], "jft_vehicle"),
    "vehicle_within_transport": lambda e: inside(e, ["jft_vehicle"], "jft_transport"),
    "animal_categories": lambda e: (
        e.printed["table01"].set_index("subset").at["jft_animal", "classes"]
    ),
    "entire_jft_worse_inception": lambda e: entire_worse(e, INCEPTION),
    "entire_jft_worse_amoebanet": lambda e: entire_worse(e, AMOEBANET),
    "jft_adaptive_beats_entire_inception": lambda e: adaptive_gain(e, INCEPTION, "jft").above,
    "jft_adaptive_beats_entire_amoebanet": lambda e: adaptive_gain(e, AMOEBANET, "jft").above,
    "matching_domain_best_inception": lambda e: own_subset_best(e, INCEPTION),
    "matching_domain_best_amoebanet": lambda e: own_subset_best(e, AMOEBANET),
    "car_to_birdsnap_below_random": lambda e: less_than_random(e, "jft_car", "birdsnap"),
    "car_to_aircraft_below_random": lambda e: less_than_random(e, "jft_car", "aircraft"),
    "aircraft_to_cars_below_random": lambda e: less_than_random(e, "jft_aircraft", "cars"),
    "imagenet_sample_less_than_half": lambda e: 450_000 < 1_200_000 / 2,
    "imagenet_adaptive_better_inception": lambda e: adaptive_gain(e, INCEPTION, "imagenet").above,
    "imagenet_adaptive_better_amoebanet": lambda e: adaptive_gain(e, AMOEBANET, "imagenet").above,
    "cifar10_adaptive_beats_subsets_inception": lambda e: beats_subsets(e, INCEPTION, "cifar10"),
    "cifar10_adaptive_beats_subsets_amoebanet": lambda e: beats_subsets(e, AMOEBANET, "cifar10"),
    "imagenet_gain_slight_cars_aircraft": imagenet_gain_cars_aircraft,
    "bird_animal_gap_smaller": lambda e: (
        lead(e, AMOEBANET, "jft_bird", "jft_animal", "birdsnap")
        < lead(e, INCEPTION, "jft_bird", "jft_animal", "birdsnap")
    ),
    "transport_transfers_better": transport_better,
    "amoebanet_better_except_aircraft": better_than_inception,
    "state_of_the_art_birdsnap_pets_food": lambda e: above_published(
        e, ["birdsnap", "pets", "food101"]
    ),
    "flowers_gain": lambda e: flowers(e)["imagenet_adaptive"] - flowers(e)["imagenet_entire"],
    "flowers_equals_emd": lambda e: flowers(e)["imagenet_adaptive"] == flowers(e)["emd_subset"],
    "uniform_inferior": lambda e: pets(e)["uniform"] < pets(e)["adaptive"],
    "reversed_worst": lambda e: pets(e).idxmin() == "reversed",
    "table6_adaptive_as_table3": lambda e: (
        pets(e)["adaptive"] == accuracies(e, INCEPTION).loc["jft_adaptive", "pets"]
    ),
    "pets_test_size": lambda e: (
        e.printed["corrections"].set_index(["table", "row"]).at[("table02", "pets"), "correct"]
    ),
}
