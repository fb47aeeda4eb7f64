"""Statements in the text of Fang et al. 2023 that can be verified from its own numbers."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from transfer.papers.evidence import CANNOT_TELL, Evidence, NotAnsweredError
from transfer.results.computed import fitted_lines, nested_f_tests, predictor_ranks, size_ranks
from transfer.results.table import StudyResults, imagenet_top1
from transfer.statistics.correlation import linear_fit

SIGNIFICANT = 0.05
# Pairs of one architecture, the smaller first.
DEEPER = (
    ("vgg13_bn", "vgg16_bn"),
    ("resnet50", "resnet152"),
    ("deit_tiny", "deit_small"),
    ("efficientnet_b0", "efficientnet_b4"),
)
RESNET_50S = ("resnet50", "resnet50_augmix", "resnet50_randaugment")
DEITS = ("deit_tiny", "deit_small")


def better_line(e: Evidence, *datasets: str) -> pd.DataFrame:
    """Correlation and slope of each dataset over the models above the threshold (Table 2).

    Of those named, for a study that has not measured all.
    """
    return defined(e, fitted_lines, *datasets)


def f_tests(e: Evidence) -> pd.DataFrame:
    """Nested F-tests of each dataset (Table 12)."""
    e.require()
    return e.computed(nested_f_tests)[0]


def rank_correlations(e: Evidence) -> pd.DataFrame:
    """Rank correlations of each dataset (Table 13)."""
    e.require()
    return e.computed(predictor_ranks)[0]


def line(e: Evidence, *datasets: str) -> pd.DataFrame:
    """Slope, intercept and correlation of each dataset on ImageNet top-1 over all models."""
    return defined(e, lines_of_all, *datasets)


def defined(
    e: Evidence, lines: Callable[[StudyResults], pd.DataFrame], *datasets: str
) -> pd.DataFrame:
    """Fitted lines of datasets, or of all; raises NotAnsweredError where there are none."""
    e.require(*datasets)
    found = e.computed(lines).loc[list(datasets or e.datasets)]
    if found["slope"].isna().any():
        raise NotAnsweredError(CANNOT_TELL, "too few models for a line")
    return found


def lines_of_all(results: StudyResults) -> pd.DataFrame:
    """The lines through all models of the part `main`."""
    return fitted_lines(results, better=False)


def clip(e: Evidence) -> pd.DataFrame:
    """Values of the CLIP models, models x datasets, fractions."""
    return e.part("clip")


def clip_top1(e: Evidence) -> pd.Series:
    """ImageNet top-1 of the CLIP models as fractions."""
    if "clip" not in e.results.study.parts:
        e.require(part="clip")
    return imagenet_top1(e.results, "clip")


def train_percent(e: Evidence, dataset: str, further_percent: float = 0) -> float:
    """Share of the images used for training, `further_percent` of all being set aside."""
    sizes = e.printed["table01"].set_index("dataset").loc[dataset]
    used = sizes["train_size"] + sizes["eval_size"]
    return (100 - further_percent) * sizes["train_size"] / used


def slope_without(e: Evidence, dataset: str, models: list[str]) -> float:
    """Slope on ImageNet top-1 over all models except the named ones."""
    return linear_fit(e.top1.drop(models), e.of(dataset).drop(models)).slope


def deit_efficientnet_worse(e: Evidence, dataset: str) -> bool:
    """Whether DeiT and EfficientNet models lie below the other better models on average."""
    values = e.of(dataset)[e.better]
    special = values.index.str.startswith(("deit", "efficientnet"))
    return bool(values[special].mean() < values[~special].mean())


def deeper_helps(e: Evidence, dataset: str) -> bool:
    """Whether the larger of two models of one architecture is the better one, in all pairs."""
    values = e.of(dataset)
    return all(values[large] > values[small] for small, large in DEEPER)


def augmented(e: Evidence, name: str, dataset: str, models: Sequence[str]) -> pd.Series:
    """Values of models fine-tuned with an augmentation (Table 7): fractions, or as printed."""
    if e.results.study.source == "published":
        return e.printed["table07"].set_index("model").loc[list(models), f"{dataset}_{name}"]
    return e.of(dataset, f"augmented_{name}", models)


def pretraining_gain(e: Evidence, augmentation: str, dataset: str) -> float:
    """Mean gain of ResNet-50 pre-trained with an augmentation, over the fine-tuning ones."""
    pair = (f"resnet50_{augmentation}", "resnet50")
    found = [augmented(e, name, dataset, pair) for name in ("base", "augmix", "randaugment")]
    return float(np.mean([values[pair[0]] - values[pair[1]] for values in found]))


def finetuning_gains(e: Evidence, models: tuple[str, ...], *augmentations: str) -> list[float]:
    """Gains of fine-tuning augmentations over the default, every model on both datasets."""
    return [
        float(gain)
        for dataset in ("cct20", "aptos")
        for name in augmentations
        for gain in (augmented(e, name, dataset, models) - augmented(e, "base", dataset, models))
    ]


def more_than_half(values: list[float]) -> bool:
    """Whether more than half of the values are above zero."""
    return sum(value > 0 for value in values) > len(values) / 2


def best_private(e: Evidence, model: str) -> float:
    """Best private leaderboard score of a model in Table 5."""
    table = e.printed["table05"]
    return float(table.loc[table["model"] == model, "private_score"].max())


def augmentation_gain(e: Evidence) -> float:
    """Best private score with more augmentation minus the best with less (Table 6)."""
    best = e.printed["table06"].groupby("augmentation")["private_score"].max()
    return float(best["more"] - best["less"])


def clip_above_fit(e: Evidence, dataset: str) -> pd.Series:
    """Difference between each CLIP model and the line through all ImageNet models."""
    fit = line(e, dataset).loc[dataset]
    return clip(e)[dataset] - (fit["intercept"] + fit["slope"] * clip_top1(e))


def beats_all(e: Evidence, model: str) -> int:
    """Number of datasets on which a CLIP model beats every ImageNet model."""
    return int((clip(e).loc[model] > e.values.max()).sum())


def clip_pairs_help(e: Evidence) -> set[str]:
    """Datasets on which CLIP pre-training helps both architectures of Table 9."""
    pairs = (("resnet50", "clip_rn50"), ("vit_base_patch16", "clip_vit_b16"))
    values = clip(e)
    return {
        dataset
        for dataset in e.values.columns
        if all(values.loc[by_clip, dataset] > e.values.loc[own, dataset] for own, by_clip in pairs)
    }


def vggs_above_fit(e: Evidence) -> int:
    """Number of datasets on which both VGG BN models lie above the line through all models."""
    fit = line(e)
    fitted = fit["intercept"].to_numpy() + np.outer(e.top1, fit["slope"])
    above = (e.values - fitted).loc[["vgg13_bn", "vgg16_bn"]] > 0
    return int(above.all().sum())


def parameters(e: Evidence) -> pd.Series:
    """Number of parameters of the main part's models, as their library counts them."""
    return e.results.models.loc[e.top1.index, "parameters"]


def size_rho(e: Evidence, *datasets: str) -> pd.Series:
    """Spearman's rho of each dataset's metric with the number of parameters."""
    e.require(*datasets)
    return e.computed(size_ranks)["rho"]


def group_fid(e: Evidence, group: str) -> pd.Series:
    """Distances to ImageNet of the datasets of one group."""
    return e.distances(group)


def real_world_further(e: Evidence) -> bool:
    """Whether the six datasets are further from ImageNet than the twelve, in mean and median."""
    six, twelve = group_fid(e, "real_world"), group_fid(e, "web_scraped")
    return bool(six.mean() > twelve.mean() and six.median() > twelve.median())


FOUR = ["cct20", "aptos", "hpa", "cassava"]

CLAIMS: dict[str, Callable[[Evidence], float | bool]] = {
    "imagenet_top1_minimum_rounded": lambda e: e.top1.min() * 100,
    "imagenet_top1_maximum_rounded": lambda e: e.top1.max() * 100,
    "model_count": lambda e: len(e.top1),
    "dataset_count": lambda e: len(e.datasets),
    "imagenet_top1_minimum": lambda e: e.top1.min() * 100,
    "imagenet_top1_maximum": lambda e: e.top1.max() * 100,
    "vision_transformer_count": lambda e: (
        e.results.models.loc[e.top1.index, "family"].isin(["deit", "vit"]).sum()
    ),
    "slope_below_005_count": lambda e: (better_line(e)["slope"] < 0.05).sum(),
    "slope_cct20": lambda e: better_line(e, "cct20").loc["cct20", "slope"],
    "slope_hpa": lambda e: better_line(e, "hpa").loc["hpa", "slope"],
    "largest_slopes_cct20_hpa": lambda e: (
        set(better_line(e)["slope"].nlargest(2).index) == {"cct20", "hpa"}
    ),
    "web_scraped_dataset_count": lambda e: len(group_fid(e, "web_scraped")),
    "kaggle_dataset_count": lambda e: e.printed["table01"]["kaggle"].sum(),
    "cct20_class_count": lambda e: e.printed["table01"].set_index("dataset").at["cct20", "classes"],
    "cct20_positive_trend": lambda e: line(e, "cct20").loc["cct20", "slope"] > 0,
    "clip_l14_336_imagenet_top1": lambda e: clip_top1(e)["clip_vit_l14_336"] * 100,
    "cct20_clip_l14_336_best": lambda e: (
        clip(e).loc["clip_vit_l14_336", "cct20"] > e.of("cct20").max()
    ),
    "aptos_train_percent": lambda e: train_percent(e, "aptos"),
    "aptos_plateau_after_vgg": lambda e: (
        e.of("aptos")[e.top1 > e.top1["vgg16_bn"]].max() <= e.of("aptos")["vgg16_bn"] + 0.005
    ),
    "cct20_deit_efficientnet_worse": lambda e: deit_efficientnet_worse(e, "cct20"),
    "aptos_deit_efficientnet_worse": lambda e: deit_efficientnet_worse(e, "aptos"),
    "cct20_deeper_helps": lambda e: deeper_helps(e, "cct20"),
    "aptos_deeper_helps": lambda e: deeper_helps(e, "aptos"),
    "aptos_augmentation_gain": augmentation_gain,
    "aptos_private_resnet50": lambda e: best_private(e, "resnet50"),
    "aptos_private_inception_resnet_v2": lambda e: best_private(e, "inception_resnet_v2"),
    "aptos_private_resnet152": lambda e: best_private(e, "resnet152"),
    "aptos_below_winning_single_model": lambda e: (
        e.printed["table05"]["private_score"].max() < 0.927
    ),
    "hpa_class_count": lambda e: e.printed["table01"].set_index("dataset").at["hpa", "classes"],
    "hpa_train_percent": lambda e: train_percent(e, "hpa", 9),
    "hpa_validation_percent": lambda e: 91 - train_percent(e, "hpa", 9),
    "hpa_positive_trend": lambda e: line(e, "hpa").loc["hpa", "slope"] > 0,
    "hpa_positive_trend_without_alexnet_mobilenet": lambda e: (
        slope_without(e, "hpa", ["alexnet", "mobilenet_v3_small"]) > 0
    ),
    "hpa_more_parameters_help": lambda e: size_rho(e, "hpa")["hpa"] > 0,
    "melanoma_train_percent": lambda e: train_percent(e, "melanoma"),
    "melanoma_split_uses_all_images": lambda e: (
        e.printed["table01"].set_index("dataset").loc["melanoma", ["train_size", "eval_size"]].sum()
        == 33126 + 25331
    ),
    "melanoma_correlation": lambda e: better_line(e, "melanoma").loc["melanoma", "correlation"],
    "melanoma_slope": lambda e: better_line(e, "melanoma").loc["melanoma", "slope"],
    "cassava_class_count": lambda e: (
        e.printed["table01"].set_index("dataset").at["cassava", "classes"]
    ),
    "cassava_train_percent": lambda e: train_percent(e, "cassava"),
    "cassava_correlation": lambda e: better_line(e, "cassava").loc["cassava", "correlation"],
    "cassava_slope": lambda e: better_line(e, "cassava").loc["cassava", "slope"],
    "cassava_correlation_below_hpa": lambda e: (
        better_line(e, "cassava", "hpa").loc["cassava", "correlation"]
        < better_line(e, "cassava", "hpa").loc["hpa", "correlation"]
    ),
    "eurosat_train_percent": lambda e: train_percent(e, "eurosat"),
    "eurosat_all_above_985": lambda e: (e.of("eurosat")[e.top1 > 0.6] > 0.985).all(),
    "eurosat_majority_above_990": lambda e: (e.of("eurosat") > 0.99).mean() > 0.5,
    "augmix_improves_imagenet": lambda e: imagenet_gain(e, "augmix") > 0,
    "randaugment_improves_imagenet": lambda e: imagenet_gain(e, "randaugment") > 0,
    "randaugment_pretraining_helps_cct20": lambda e: (
        pretraining_gain(e, "randaugment", "cct20") > 0
    ),
    "randaugment_pretraining_helps_aptos": lambda e: (
        pretraining_gain(e, "randaugment", "aptos") > 0
    ),
    "augmix_pretraining_no_gain_cct20": lambda e: pretraining_gain(e, "augmix", "cct20") <= 0,
    "augmix_pretraining_no_gain_aptos": lambda e: pretraining_gain(e, "augmix", "aptos") <= 0,
    "randaugment_finetuning_usually_helps": lambda e: more_than_half(
        finetuning_gains(e, RESNET_50S, "randaugment")
    ),
    "deit_augmentation_no_gain": lambda e: (
        not more_than_half(finetuning_gains(e, DEITS, "augmix", "randaugment"))
    ),
    "clip_l14_336_beats_all": lambda e: beats_all(e, "clip_vit_l14_336") == len(e.datasets),
    "clip_l14_beats_imagenet_count": lambda e: beats_all(e, "clip_vit_l14"),
    "clip_cct20_every_model_above_fit": lambda e: (clip_above_fit(e, "cct20") > 0).all(),
    "clip_cct20_mean_above_fit": lambda e: clip_above_fit(e, "cct20").mean() > 0,
    "clip_pairs_help": lambda e: clip_pairs_help(e) == {"cct20", "hpa", "cassava"},
    "class_count_minimum": lambda e: e.printed["table01"]["classes"].min(),
    "class_count_maximum": lambda e: e.printed["table01"]["classes"].max(),
    "vgg_above_trend": lambda e: vggs_above_fit(e) >= 2,
    "vgg_among_largest": lambda e: {"vgg13_bn", "vgg16_bn"} <= set(parameters(e).nlargest(3).index),
    "real_world_fid_further": real_world_further,
    "real_world_fid_separated": lambda e: (
        group_fid(e, "real_world").min() > group_fid(e, "web_scraped").max()
    ),
    "f_test_significant_except_eurosat": lambda e: (
        set(f_tests(e).index[f_tests(e)["p_average"] < SIGNIFICANT])
        == set(f_tests(e).index) - {"eurosat"}
    ),
    "spearman_average_higher": lambda e: (
        rank_correlations(e)["rho_normalized"] > rank_correlations(e)["rho_imagenet"]
    )[FOUR].all(),
    "spearman_average_significant": lambda e: (rank_correlations(e)["p_normalized"] < SIGNIFICANT)[
        FOUR
    ].all(),
    "model_size_poor_indicator": lambda e: (
        (size_rho(e) < rank_correlations(e)["rho_imagenet"]).mean() > 0.5
    ),
    "f_test_average_significant_count": lambda e: (f_tests(e)["p_average"] < SIGNIFICANT).sum(),
    "eurosat_most_at_99": lambda e: (e.of("eurosat") * 100).round().eq(99).mean() > 0.5,
    "f_test_imagenet_significant_count": lambda e: (f_tests(e)["p_imagenet"] < SIGNIFICANT).sum(),
    "f_test_imagenet_only_aptos_melanoma": lambda e: (
        set(f_tests(e).index[f_tests(e)["p_imagenet"] < SIGNIFICANT]) == {"aptos", "melanoma"}
    ),
}


def imagenet_gain(e: Evidence, augmentation: str) -> float:
    """Gain in ImageNet top-1 of ResNet-50 pre-trained with an augmentation (Table 7)."""
    return e.results.top1[f"resnet50_{augmentation}"] - e.results.top1["resnet50"]
