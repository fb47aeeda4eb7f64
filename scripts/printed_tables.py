"""Tables 1, 4 to 7, 10 and 14: what only the authors can know, set as the paper prints it."""

import argparse
from pathlib import Path

from transfer.command_line import run
from transfer.data.dataset import read_datasets
from transfer.drawing.tables import METRIC_NAMES, Column, write_table
from transfer.papers.published import read_printed
from transfer.study.model import read_models

CAPTIONS = {
    "table01": "The six real-world datasets.",
    "table04": "The models of the main experiments.",
    "table05": (
        "APTOS with all interventions (512 px, more augmentation, further data): quadratic "
        "weighted kappa on Kaggle's private and public leaderboard."
    ),
    "table06": "APTOS with less and with more augmentation, ResNet-50: leaderboard kappa.",
    "table07": "Augmentation before and during fine-tuning: CCT-20 accuracy and APTOS kappa.",
    "table10": "Where the twelve datasets of Kornblith et al. (2019) come from.",
    "table14": "Augmentation that the models were pre-trained with.",
}
HEADINGS = {
    "dataset": "Dataset",
    "model": "Model",
    "classes": "Classes",
    "train_size": "Train size",
    "eval_size": "Eval size",
    "metric": "Metric",
    "kaggle": "Kaggle",
    "imagenet_top1": "ImageNet top-1",
    "parameters_millions": "Parameters (M)",
    "year": "Year",
    "learning_rate": "Learning rate",
    "weight_decay": "Weight decay",
    "private_score": "Private score",
    "public_score": "Public score",
    "augmentation": "Augmentation",
    "pretraining_augmentation": "Pre-training augmentation",
    "cct20_base": "CCT-20 base",
    "cct20_augmix": "CCT-20 AugMix",
    "cct20_randaugment": "CCT-20 RandAugment",
    "aptos_base": "APTOS base",
    "aptos_augmix": "APTOS AugMix",
    "aptos_randaugment": "APTOS RandAugment",
    "origin": "Origin",
    "additional_information": "Additional information",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--printed", type=Path, required=True, nargs="+", help="tables of resources/published"
    )
    parser.add_argument("--models", type=Path, default=Path("config/models.tsv"))
    parser.add_argument("--datasets", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument("--output", type=Path, required=True, help="folder of the tables")
    args = parser.parse_args()
    names = {key: dataset.name for key, dataset in read_datasets(args.datasets).items()}
    names |= {key: model.name for key, model in read_models(args.models).items()}
    names |= METRIC_NAMES | {"true": "✓", "false": "", "": "–"}
    for path in args.printed:
        table = read_printed(path.parent, path.stem)
        columns = [
            Column(name, HEADINGS[name], lambda cell: str(names.get(cell, cell)))
            for name in table.columns
        ]
        output = args.output / f"{path.stem}.csv"
        write_table(table, columns, output, CAPTIONS[path.stem], ["As printed in the paper."])


if __name__ == "__main__":
    run(main)
