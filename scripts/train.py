"""Train one run: a model on a dataset under a recipe, at one point of the recipe's grid.

Killed at any moment, it goes on from its checkpoint when started again. SIGTERM and Ctrl-C make
it write a checkpoint first. A run whose loss is no longer finite ends well, as diverged.
"""

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transfer.command_line import run
from transfer.data.digest import prepared_digest
from transfer.data.store import PreparedDataset, find_store, open_dataset
from transfer.errors import UserError
from transfer.fingerprint import fingerprint
from transfer.locks import held_alone
from transfer.progress.report import Report, reported
from transfer.training.cards import Lease, leased_card
from transfer.training.hyperparameters import Hyperparameters
from transfer.training.model_table import read_model
from transfer.training.recipes import Settings, read_recipes, settings_digest


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Arguments may also stand in a file, one a line, given as @FILE.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        fromfile_prefix_chars="@",
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the prepared dataset")
    add("--short-side", help="which store of the dataset to read (default: the only one)")
    add("--model", required=True, help="id of a row of the model table")
    add("--models", default="config/models.tsv", help="the model table")
    add("--weights", type=Path, help="the model's weights: a record, .safetensors or .pth")
    add("--recipe", required=True, help="name of the recipe")
    add("--recipes", default="config/recipes.yaml", help="the file of recipes")
    add("--output", type=Path, required=True, help="metrics.json; all else goes beside it")
    add("--hp", help="point of the recipe's grid (default: the name of the output's folder)")
    add("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    add("--runs-per-card", type=int, default=1, help="runs that share a card (default: 1)")
    add("--threads", type=int, help="CPU threads of PyTorch")
    add(
        "--resident",
        choices=("auto", "yes", "no"),
        default="auto",
        help="keep the training images in the GPU's memory (default: if they fit well)",
    )
    add("--restart", action="store_true", help="delete a checkpoint and start afresh")
    add(
        "--restart-if-changed",
        action="store_true",
        help="start afresh where the checkpoint is of other settings (default: refuse)",
    )
    add("--checkpoint-share", type=float, help="share of the time that checkpoints may take")
    add("--expect-settings", help="refuse to run if the configuration has another digest")
    add("--expect-data", help="refuse to run if the prepared dataset has another digest")
    add("--expect-weights", help="refuse to run if the weights have another digest")
    add("--expect-code", help="say so if this code has another fingerprint")
    args = parser.parse_args()
    args.hp = args.hp or args.output.absolute().parent.name
    return args


@dataclass(frozen=True)
class Order:
    """What was asked for, read and held against its tables."""

    args: argparse.Namespace
    model: dict[str, Any]
    dataset: PreparedDataset
    settings: Settings
    hp: Hyperparameters
    weights: Path | None


def read_order(args: argparse.Namespace) -> Order:
    """Everything that can be wrong without PyTorch, which takes seconds to import."""
    row = read_model(args.models, args.model)
    recipes = read_recipes(args.recipes)
    if args.recipe not in recipes:
        raise UserError(f"{args.recipes}: no recipe '{args.recipe}' (has {', '.join(recipes)})")
    recipe = recipes[args.recipe]
    hp = recipe.point(args.hp)
    dataset = open_dataset(args.data, find_store(args.data, args.short_side))
    settings = recipe.settings(dataset.summary["dataset"], row)
    if args.expect_settings and args.expect_settings != settings_digest(settings, row):
        raise UserError(
            f"{args.recipes} or {args.models} was edited after the workflow had read it: "
            "start the workflow again"
        )
    if args.expect_data and args.expect_data != prepared_digest(args.data):
        raise UserError(
            f"{args.data} was prepared anew after the workflow had read it: start the workflow "
            "again"
        )
    if args.expect_code and args.expect_code != fingerprint(__file__):
        print(
            "the training code was edited after the workflow had read it: the next start of the "
            "workflow trains this run again",
            flush=True,
        )
    if settings.weights == "pinned" and args.weights is None:
        raise UserError(
            f"recipe '{args.recipe}' starts from pinned weights: give them with --weights "
            f"(the rule fetch_weights fetches them)"
        )
    weights = args.weights if settings.weights == "pinned" else None
    return Order(args, row, dataset, settings, hp, weights)


def train_run(order: Order, lease: Lease, report: Report, waited: bool) -> None:
    """Train and write the record; if another process was waited for, only what it left undone."""
    import torch

    from transfer.training import device as devices
    from transfer.training import models, record
    from transfer.training.batches import fits_on
    from transfer.training.checkpoint import SHARE, CheckpointFile
    from transfer.training.finetune import train
    from transfer.training.interruption import Interrupted, watch_signals
    from transfer.training.task import Task
    from transfer.training.weights import read_weights

    args, dataset, row = order.args, order.dataset, order.model
    settings, hp, weights = order.settings, order.hp, order.weights
    device = devices.choose_device(lease.device(args.device))
    devices.prepare(device, args.threads)
    mean, std = models.channel_statistics(row, settings.normalisation)
    resident = args.resident == "yes" or (
        args.resident == "auto"
        and fits_on(device, dataset, dataset.rows("train"), args.runs_per_card)
    )
    precision = devices.choose_precision(settings, device)
    task = Task(dataset, settings, hp, mean, std, device, precision, resident)
    all_settings = record.run_settings(task, row, args.recipe, weights, fingerprint(__file__))

    def build() -> torch.nn.Module:
        torch.manual_seed(settings.seed)
        model = models.create(row)
        if weights:
            models.load_state(model, read_weights(weights), str(weights))
        models.set_image_size(model, settings.image_size)
        models.replace_head(model, len(dataset.classes))
        return model

    folder = args.output.parent
    share = SHARE if args.checkpoint_share is None else args.checkpoint_share
    checkpoint = CheckpointFile(
        folder / "checkpoint.pt", all_settings, args.restart_if_changed, share
    )
    if args.expect_weights and all_settings["model"]["weights_sha256"] != args.expect_weights:
        raise UserError(
            f"{weights} was exchanged after the workflow had read it: start the workflow again"
        )
    if args.restart:
        checkpoint.delete()
    elif record.restore(args.output, all_settings):
        how = "the other process made it" if waited else "finished before with the same settings"
        print(f"{args.output}: {how}; --restart trains it again", flush=True)
        checkpoint.delete()
        return
    print(
        f"{dataset.summary['dataset']} {args.model} {args.recipe} {args.hp}: "
        f"weights {all_settings['model']['weights']}, {device}, "
        f"{all_settings['precision']}, {settings.image_size} px",
        flush=True,
    )
    with watch_signals() as interruption:
        try:
            outcome = train(task, build, checkpoint, interruption, report)
        except Interrupted:
            print(f"stopped by signal {interruption.signal}; checkpoint written", flush=True)
            sys.exit(128 + (interruption.signal or 0))
        content = record.metrics_record(task, all_settings, outcome, lease)
        record.write_result(args.output, task, outcome, content)
        checkpoint.delete()


def main() -> None:
    args = parse()
    folder = args.output.parent
    folder.mkdir(parents=True, exist_ok=True)
    busy = f"{folder}: another process is training this run; waiting for it"
    with held_alone(folder, busy) as waited, reported(folder) as report:
        order = read_order(args)
        report(state="queued")
        # The card is taken before PyTorch is imported, which would look at all of them.
        with leased_card(args.device, args.runs_per_card) as lease:
            report(state="running", card=asdict(lease.card) if lease.card else None)
            train_run(order, lease, report, waited)


if __name__ == "__main__":
    run(main)
