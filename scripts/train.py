"""Train one run: a model on a dataset under a recipe, at one point of the recipe's grid.

If it is killed, the next call resumes from its checkpoint. On SIGTERM and Ctrl-C it writes a
checkpoint first. A run whose loss becomes non-finite ends successfully, as diverged.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transfer.command_line import run
from transfer.data.digest import prepared_digest
from transfer.data.store import find_store, open_dataset
from transfer.errors import UserError
from transfer.machine.leases import Lease, leased_gpu
from transfer.machine.locks import held_alone
from transfer.study.model import read_models
from transfer.study.recipe import Recipe, settings_digest
from transfer.study.recipes import read_recipes
from transfer.study.settings import Settings
from transfer.study.sources import source_of
from transfer.training.accepted import counts_as, read_accepted
from transfer.training.code import training_code, training_code_now
from transfer.training.finished import (
    CHECKPOINT,
    WEIGHTS_RECORD,
    delete_checkpoints,
    restore,
    run_settings,
)
from transfer.training.parts import Parts
from transfer.training.report import Report, reported
from transfer.training.weights_record import weights_digest


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Arguments may be read from a file with one argument per line, given as @FILE.",
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
    add("--recipes", default="config/recipes", help="the recipes: a folder of files, or one file")
    add(
        "--output", type=Path, required=True, help="metrics.json; other files are written beside it"
    )
    add("--best", type=Path, help="train the point that choose_best.py wrote to this file")
    add("--final-seed", type=int, help="train the recipe's final run of this seed")
    add("--expect-final", help="refuse to run if the recipe's final runs have another digest")
    add("--hp", help="point of the recipe's grid (default: the name of the output's folder)")
    add("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    add("--runs-per-gpu", type=int, default=1, help="runs that share a GPU (default: 1)")
    add("--threads", type=int, help="CPU threads of PyTorch")
    add(
        "--resident",
        choices=("auto", "yes", "no"),
        default="auto",
        help="keep training images in GPU memory (auto, the default: if there is enough)",
    )
    add("--restart", action="store_true", help="delete any checkpoint and start over")
    add(
        "--restart-if-changed",
        action="store_true",
        help="start over if the checkpoint has other settings (default: fail)",
    )
    add("--checkpoint-share", type=float, help="maximum share of time spent on checkpoints")
    add("--expect-settings", help="refuse to run if the configuration has another digest")
    add("--expect-data", help="refuse to run if the prepared dataset has another digest")
    add("--expect-weights", help="refuse to run if the weights have another digest")
    add("--expect-code", help="refuse to run if the training code counts as another")
    add("--accepted", type=Path, help="versions of the training code accepted as equal")
    add(
        "--precision",
        choices=("float32", "bfloat16"),
        help="value of `precision: auto` of the recipe (default: depends on the device)",
    )
    args = parser.parse_args()
    if args.best:
        args.hp = json.loads(args.best.read_text(encoding="utf-8"))["hp"]
    args.hp = args.hp or args.output.absolute().parent.name
    return args


MIXTURE = (
    "and nothing is trained with a mixture. Undo the edit, or start the workflow again: it then "
    "trains with the new code what scripts/accept.py does not show to be equal."
)


@dataclass(frozen=True)
class Order:
    """The validated arguments; `precision` is None if it depends on the device.

    `code` is the fingerprint of the training code, `counts_as` the one that it was accepted as
    equal to.
    """

    args: argparse.Namespace
    parts: Parts
    precision: str | None
    code: str
    counts_as: str

    def run_settings(self, precision: str) -> dict[str, Any]:
        """Everything that the result of the run depends on."""
        return run_settings(self.parts, precision, self.counts_as)


def final_settings(args: argparse.Namespace, recipe: Recipe, settings: Settings) -> Settings:
    """The settings of a final run; raises UserError if its recipe has no such run."""
    final = recipe.final
    if final is None or args.final_seed not in final.seeds:
        raise UserError(f"{args.recipes}: recipe '{recipe.name}' has no final run of this seed")
    if args.expect_final and args.expect_final != final.digest:
        raise UserError(
            f"{args.recipes} was edited after the workflow had read it: start the workflow again"
        )
    return final.settings(settings, args.final_seed)


def read_order(args: argparse.Namespace) -> Order:
    """Validate everything that does not need PyTorch, which takes seconds to import."""
    row = read_models(args.models)[args.model]
    recipes = read_recipes(args.recipes)
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
            f"{args.data} was prepared again after the workflow had read it: start the workflow "
            "again"
        )
    code = training_code(dataset.metric, *recipe.functions)
    equal_to = counts_as(args.recipe, code, read_accepted(args.accepted))
    if args.expect_code and args.expect_code != equal_to:
        raise UserError(f"the training code was edited after the workflow had read it, {MIXTURE}")
    if settings.weights != "random" and args.weights is None:
        source = source_of(settings, row)
        raise UserError(
            f"recipe '{args.recipe}' starts from {source or 'pinned'} weights: give them with "
            f"--weights ({f'{WEIGHTS_RECORD} in its run' if source else 'the rule fetch_weights'})"
        )
    weights = args.weights if settings.weights != "random" else None
    if args.expect_weights and weights and weights_digest(weights) != args.expect_weights:
        raise UserError(
            f"{weights} was replaced after the workflow had read it: start the workflow again"
        )
    if args.final_seed is not None:
        settings = final_settings(args, recipe, settings)
    asked = args.precision or settings.precision
    precision = None if asked == "auto" else asked
    parts = Parts(dataset, row, args.recipe, settings, hp, weights)
    return Order(args, parts, precision, code, equal_to)


def finished(order: Order, waited: bool, precision: str | None) -> bool:
    """Whether the run was finished earlier with the same settings; its record then exists."""
    args = order.args
    if precision is None or args.restart:
        return False
    if not restore(args.output, order.run_settings(precision)):
        return False
    how = "the other process made it" if waited else "finished before with the same settings"
    print(f"{args.output}: {how}; --restart trains it again", flush=True)
    delete_checkpoints(args.output.parent)
    return True


def train_run(order: Order, lease: Lease, report: Report, waited: bool) -> None:
    """Train and write the record, unless a process that was waited for has done so."""

    from transfer.training import device as devices
    from transfer.training import record
    from transfer.training.checkpoint import SHARE, CheckpointFile
    from transfer.training.interruption import Interrupted, watch_signals
    from transfer.training.run import compute

    args, parts = order.args, order.parts
    # The code may have been edited while waiting for a GPU; it is imported only now.
    if training_code_now(parts.dataset.metric, *parts.settings.functions) != order.code:
        raise UserError(f"the training code was edited before this run began, {MIXTURE}")
    device = devices.choose_device(lease.device(args.device))
    precision = devices.choose_precision(order.precision or "auto", device)
    if order.precision is None and finished(order, waited, precision):
        return
    devices.prepare(device, args.threads)
    settings = order.run_settings(precision)
    checkpoint = CheckpointFile(
        args.output.parent / CHECKPOINT,
        settings | {"device": device.type},
        args.restart_if_changed,
        SHARE if args.checkpoint_share is None else args.checkpoint_share,
    )
    if args.restart:
        checkpoint.delete()
    print(
        f"{settings['dataset']['name']} {args.model} {args.recipe} {args.hp}"
        f"{'' if args.final_seed is None else f', seed {args.final_seed}'}: "
        f"weights {settings['model']['weights']}, {device}, {precision}, "
        f"{parts.settings.image_size} px",
        flush=True,
    )
    with watch_signals() as interruption:
        try:
            task, outcome = compute(
                parts,
                device,
                precision,
                args.resident,
                args.runs_per_gpu,
                checkpoint,
                interruption,
                report,
            )
        except Interrupted:
            print(f"stopped by signal {interruption.signal}; checkpoint written", flush=True)
            sys.exit(128 + (interruption.signal or 0))
        content = record.metrics_record(task, settings, outcome, order.code, lease)
        record.write_result(args.output, task, outcome, content)
        checkpoint.delete()


def main() -> None:
    args = parse()
    folder = args.output.parent
    folder.mkdir(parents=True, exist_ok=True)
    busy = f"{folder}: another process is training this run; waiting for it"
    with held_alone(folder, busy) as waited, reported(folder) as report:
        order = read_order(args)
        if finished(order, waited, order.precision):
            return
        report(state="queued")
        # The GPU is leased before PyTorch is imported, which would initialise all of them.
        with leased_gpu(args.device, args.runs_per_gpu) as lease:
            report(state="running", gpu=asdict(lease.gpu) if lease.gpu else None)
            train_run(order, lease, report, waited)


if __name__ == "__main__":
    run(main)
