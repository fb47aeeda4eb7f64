"""Keep finished runs after an edit of the training code that does not change what it computes.

For each recipe and metric, the cheapest finished runs that together cover every optimiser and
schedule, every library and every value of a setting are repeated with the edited code. If the
results are bit-identical, the edited code counts as the old one from then on, and no other run is
repeated. --every-model repeats a run of each model, for an edit that affects individual models. On
a GPU with non-deterministic results this cannot be verified: in that case, or if the results
changed for a reason you know, accept the old code with --by-name. Every page that uses such runs
says so.
"""

import argparse
import datetime
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from transfer.command_line import run
from transfer.errors import UserError
from transfer.machine.gpus import usable_gpus
from transfer.study.augmentation import PLAIN
from transfer.study.finals import PREFIX as FINAL
from transfer.study.sources import PREFIX
from transfer.training.accepted import (
    BY_NAME,
    IDENTICAL,
    Acceptance,
    Accepted,
    counts_as,
    read_accepted,
    write_accepted,
)
from transfer.training.code import training_code
from transfer.training.finished import PREDICTIONS, WEIGHTS_RECORD, differences, read_finished

# Fields that may differ between two trainings of the same run.
OF_THE_MOMENT = ("training_seconds", "evaluation_seconds", "images_per_second")
COMPARED = ("status", "value", "best_epoch", "metrics", "micro_batch", "kept_weights")


@dataclass(frozen=True)
class Group:
    """Finished runs of one recipe and metric with one code; `canaries` are trained again."""

    recipe: str
    method: str
    augmentation: str
    metric: str
    code: str
    runs: int
    canaries: tuple[Path, ...]
    seconds: float


@dataclass(frozen=True)
class Candidate:
    """A finished run: its cost in seconds, and the parts of the code that it uses."""

    seconds: float
    folder: Path
    features: frozenset[str]


def features_of(record: dict[str, Any], every_model: bool) -> frozenset[str]:
    """The parts of the training code that a run uses, according to its settings."""
    settings, hp = record["settings"], record["settings"]["hp"]
    found = {
        f"{hp.get('optimizer')} and {hp.get('schedule')}",
        f"library {settings['model'].get('library')}",
        f"random weights: {record['weights'] == 'random'}",
        # A run that diverged early covers little of the code.
        f"status {record['status']}",
        *(f"{key} {value}" for key, value in settings["recipe"].items()),
    }
    return frozenset(found | ({f"model {record['model']}"} if every_model else set()))


def covering(candidates: list[Candidate]) -> list[Candidate]:
    """Greedily choose cheap runs that together cover all features."""
    missing = frozenset[str]().union(*(one.features for one in candidates))
    chosen = []
    while missing:
        best = max(candidates, key=lambda one: len(one.features & missing) / max(one.seconds, 1e-3))
        chosen.append(best)
        missing -= best.features
    return chosen


def groups_of(runs: Path, every_model: bool) -> list[Group]:
    """Group the finished runs in a folder; the largest groups come first."""
    found: dict[tuple[str, str, str, str, str], list[Candidate]] = {}
    for folder in sorted(runs.glob("*/*/*/*")):
        record = read_finished(folder)
        if record:
            settings = record["settings"]
            method = settings["recipe"].get("method", "finetune")
            augmentation = settings["recipe"].get("augmentation", {}).get("kind", PLAIN)
            key = (record["recipe"], method, augmentation, record["metric"], settings["code"])
            one = Candidate(record["seconds"], folder, features_of(record, every_model))
            found.setdefault(key, []).append(one)
    groups = [
        Group(
            *key,
            len(members),
            tuple(one.folder for one in chosen),
            sum(one.seconds for one in chosen),
        )
        for key, members in found.items()
        for chosen in [covering(members)]
    ]
    return sorted(groups, key=lambda group: (-group.runs, group.recipe, group.metric))


def outdated(groups: list[Group], accepted: Accepted) -> Iterator[tuple[Group, str]]:
    """The groups that would be trained again with the current code, with its fingerprint."""
    for group in groups:
        code = training_code(group.metric, group.method, group.augmentation)
        if counts_as(group.recipe, code, accepted) != group.code:
            yield group, code


def train_again(
    folder: Path, record: dict[str, Any], scratch: Path, runs: Path, data: Path, weights: Path
) -> dict[str, Any]:
    """Train a finished run with the current code into `scratch`; returns its record."""
    settings = record["settings"]
    if record["card"] and not usable_gpus():
        raise UserError(
            f"{folder} was trained on {record['device']}: train it again on such a machine"
        )
    threads = re.search(r"CPU, (\d+) threads", record["device"])
    command = [
        sys.executable,
        str(Path(__file__).with_name("train.py")),
        f"--data={data / record['dataset']}",
        f"--short-side={settings['dataset']['short_side']}",
        f"--model={record['model']}",
        f"--recipe={record['recipe']}",
        f"--hp={record['hp']}",
        f"--precision={record['precision']}",
        f"--output={scratch / 'metrics.json'}",
        *(["--device=cpu", f"--threads={threads[1]}"] if threads else []),
    ]
    if folder.name.startswith(FINAL):
        command.append(f"--final-seed={record['seed']}")
    name, _, _ = record["weights"].partition(", sha256")
    if name.startswith(PREFIX):
        left = runs / name.removeprefix(PREFIX) / WEIGHTS_RECORD
        command.append(f"--weights={left}")
    elif name != "random":
        command.append(f"--weights={weights / record['model']}.json")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    again = read_finished(scratch)
    if done.returncode or again is None:
        raise UserError(f"{folder}: could not be trained again: {done.stderr.strip()[-2000:]}")
    changed = differences(again["settings"] | {"code": ""}, settings | {"code": ""})
    if changed:
        raise UserError(
            f"{folder}: was made with other settings ({'; '.join(changed)}), so it shows nothing "
            "of the code. Undo the change, accept the code, and make it again."
        )
    return again


def says(now: Any, before: Any) -> bool:
    """Whether a record has what an older one had; metrics recorded since then do not count."""
    if isinstance(now, dict) and isinstance(before, dict):
        return all(key in now and now[key] == value for key, value in before.items())
    return bool(now == before)


def unequal(folder: Path, record: dict[str, Any], other: Path, again: dict[str, Any]) -> list[str]:
    """Describe the differences between two trainings of a run; empty if bit-identical."""
    found = [
        f"{key}: {record.get(key)}, now {again.get(key)}"
        for key in COMPARED
        if not says(again.get(key), record.get(key))
    ]
    for before, now in zip(record["history"], again["history"], strict=False):
        what = [k for k in before if k not in OF_THE_MOMENT and not says(now.get(k), before[k])]
        if what:
            found.append(f"epoch {before['epoch']}: {', '.join(what)}")
            break
    if record["value"] is not None and not found:
        with np.load(folder / PREDICTIONS) as one, np.load(other / PREDICTIONS) as two:
            found = [
                f"predictions: {name}"
                for name in one.files
                if name not in two.files or one[name].tobytes() != two[name].tobytes()
            ]
    return found


def prove(canary: Path, runs: Path, data: Path, weights: Path) -> list[str]:
    """Train a finished run again; returns the differences, empty if the codes are equal."""
    record = read_finished(canary)
    assert record is not None
    with tempfile.TemporaryDirectory() as temporary:
        first, second = Path(temporary, "first"), Path(temporary, "second")
        again = train_again(canary, record, first, runs, data, weights)
        found = unequal(canary, record, first, again)
        if found:
            elsewhere = {
                f"{name} {version}, now {again['versions'][name]}"
                for name, version in {**record["versions"], "device": record["device"]}.items()
                if version != {**again["versions"], "device": again["device"]}.get(name)
            }
            found += [f"it may not be the code: {one}" for one in sorted(elsewhere)]
            repeated = train_again(canary, record, second, runs, data, weights)
            if unequal(first, again, second, repeated):
                found.append(
                    "two trainings under the present code differ as well: this machine does not "
                    "repeat itself bit for bit"
                )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--runs", type=Path, default=Path("results/runs"), help="the folder of all runs")
    add("--data", type=Path, default=Path("results/data"), help="the prepared datasets")
    add("--weights", type=Path, default=Path("resources/weights"), help="records of weights")
    add("--accepted", type=Path, default=Path("results/accepted_code.csv"), help="what is accepted")
    add("--every-model", action="store_true", help="repeat a run of each model")
    add("--dry-run", action="store_true", help="list the runs that would be repeated")
    add("--by-name", metavar="CODE", help="accept this old code without verification")
    add("--reason", help="reason for --by-name, which is recorded")
    args = parser.parse_args()
    if args.by_name and not args.reason:
        raise UserError("--by-name needs a --reason, which is recorded")
    accepted = read_accepted(args.accepted)
    groups = groups_of(args.runs, args.every_model)
    waiting = list(outdated(groups, accepted))
    if not waiting:
        print(f"{sum(g.runs for g in groups)} finished runs, all with the current training code")
        return
    if args.by_name and args.by_name not in {group.code for group, _ in waiting}:
        codes = ", ".join(sorted({group.code for group, _ in waiting}))
        raise UserError(
            f"--by-name {args.by_name}: no runs with that code to accept; available: {codes}"
        )
    refused = False
    for group, code in waiting:
        title = f"{group.runs} runs of {group.recipe} ({group.metric}), code {group.code}"
        if counts_as(group.recipe, code, accepted) != code:
            print(
                f"{title}: the current code already counts as another; they will be trained again"
            )
            continue
        if args.dry_run:
            print(f"{title}: would train again ({group.seconds:.0f} s in all):")
            print("".join(f"  {canary}\n" for canary in group.canaries), end="")
            continue
        if args.by_name:
            if args.by_name != group.code:
                continue
            how, evidence = BY_NAME, args.reason
        else:
            print(f"{title}: {group.seconds:.0f} s of training to repeat", flush=True)
            problems = []
            for canary in group.canaries:
                print(f"  {canary}", flush=True)
                problems = prove(canary, args.runs, args.data, args.weights)
                if problems:
                    break
            if problems:
                refused = True
                print(
                    f"  not equal: {'; '.join(problems)}\n  Undo the edit, or let the workflow "
                    f"train these runs again, or: --by-name {group.code} --reason '...'"
                )
                continue
            names = [canary.relative_to(args.runs).as_posix() for canary in group.canaries]
            how, evidence = IDENTICAL, " ".join(names)
        today = datetime.date.today().isoformat()
        row = Acceptance(group.recipe, code, group.code, how, evidence, today)
        accepted[group.recipe, code] = row
        write_accepted(args.accepted, accepted.values())
        print(f"  {code} counts as {group.code} ({how})")
    if refused:
        sys.exit(1)


if __name__ == "__main__":
    run(main)
