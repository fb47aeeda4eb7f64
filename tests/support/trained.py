"""The trained study of fang2023 without a training: printed values or predictions as if trained."""

from pathlib import Path

import numpy as np
import pandas as pd
from published import ACCURACIES, FOLDER, MAIN, ROOT, SIX

from transfer.data.dataset import Dataset, read_datasets
from transfer.study.study import read_study
from transfer.training.metrics import evaluate

STUDY = ROOT / "config" / "studies" / "fang2023.yaml"
DATASETS = ROOT / "config" / "datasets.yaml"
GIVEN = ["--models", ROOT / "config" / "models.tsv", "--datasets", DATASETS, *ACCURACIES]
CLASSES = {"cct20": 15, "aptos": 5, "hpa": 28, "melanoma": 2, "cassava": 5, "eurosat": 10}
IMAGES = 240
AUGMENTED = pd.read_csv(FOLDER / "table07.csv").set_index("model")
SKILL = (AUGMENTED["imagenet_top1"] / 100).to_dict() | MAIN["imagenet_top1"].to_dict()


def printed_results(path: Path, study: Path = STUDY) -> pd.DataFrame:
    """results.csv of a study whose 60 runs a cell are all there and gave what the paper prints.

    CIFAR-10, of which it prints nothing, rises with ImageNet top-1.
    """
    metrics = {name: dataset.metric for name, dataset in read_datasets(DATASETS).items()}
    cifar10 = (0.85 + 0.15 * MAIN["imagenet_top1"]).round(4)
    values = {"finetune": MAIN[SIX].assign(cifar10=cifar10).round(6), **augmented_values()}
    cells = pd.DataFrame(
        {
            "dataset": dataset,
            "model": model,
            "recipe": part.recipe,
            "metric": metrics[dataset],
            "value": values[part.recipe].loc[model, dataset],
        }
        for part in read_study(study).parts.values()
        for dataset in part.datasets
        for model in part.models
    ).assign(hp="adamw-cosine_lr1e-3_wd1e-4", best_epoch=7, n_runs=60, n_expected=60, n_diverged=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    cells.to_csv(path, index=False)
    return cells


def augmented_values() -> dict[str, pd.DataFrame]:
    """Table 7 by recipe of fine-tuning, models x datasets, fractions."""
    recipes = {
        "base": "finetune_50",
        "augmix": "finetune_augmix",
        "randaugment": "finetune_randaugment",
    }
    return {
        recipe: pd.DataFrame(
            {"cct20": AUGMENTED[f"cct20_{name}"] / 100, "aptos": AUGMENTED[f"aptos_{name}"]}
        ).round(6)
        for name, recipe in recipes.items()
    }


def given(results: Path, study: Path = STUDY) -> list:
    """What a view of the study reads."""
    return ["--results", results, "--study", study, *GIVEN]


def predicted_results(folder: Path, study: Path = STUDY) -> pd.DataFrame:
    """results.csv and predictions/ of a study whose values are those of made-up predictions.

    A model's logits are truer the better it is on ImageNet.
    """
    cells = printed_results(folder / "results.csv", study)
    datasets = read_datasets(DATASETS)
    for row, cell in cells.iterrows():
        arrays = logits(datasets[cell["dataset"]], SKILL[cell["model"]])
        path = folder / "predictions" / cell["dataset"] / cell["model"] / f"{cell['recipe']}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **arrays)
        found = evaluate(cell["metric"], *(arrays[key] for key in ("scores", "labels")))
        cells.loc[row, "value"] = found[cell["metric"]]
    cells.to_csv(folder / "results.csv", index=False)
    return cells


def logits(dataset: Dataset, skill: float, images: int = IMAGES) -> dict[str, np.ndarray]:
    """Made-up predictions: arrays `ids`, `scores` and `labels` as a run keeps them."""
    classes = CLASSES.get(dataset.id, 10)
    labels = np.random.default_rng(len(dataset.id)).integers(0, classes, images)
    truth = np.eye(classes, dtype=np.int64)[labels]
    noise = np.random.default_rng(int(1e4 * skill)).normal(size=truth.shape)
    scores = (4 * skill * truth - 1 + noise).astype(np.float32)
    ids = np.array([f"{dataset.id}-{row}" for row in range(images)])
    return {"ids": ids, "scores": scores, "labels": truth if dataset.multilabel else labels}
