"""Keep finished runs after an edit of the training code that does not change what it computes.

For each recipe the cheapest finished run is trained again under the edited code. If it ends with
the same bits, the edited code counts as the old one from then on, and nothing is trained again. On
a GPU that does not repeat itself this cannot be shown: then, or where the result changed and you
know why, accept the old code by name. Every page that uses such runs says so.
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
from transfer.training.finished import PREDICTIONS, differences, read_finished

# What two trainings of the same run may differ in.
OF_THE_MOMENT = ("training_seconds", "evaluation_seconds", "images_per_second")
COMPARED = ("status", "value", "best_epoch", "metrics", "micro_batch")


@dataclass(frozen=True)
class Group:
    """Finished runs of one recipe and metric with one code; `canary` is the cheapest's folder."""

    recipe: str
    metric: str
    code: str
    runs: int
    canary: Path
    seconds: float


def groups_of(runs: Path) -> list[Group]:
    """The finished runs below a folder, the largest groups first."""
    found: dict[tuple[str, str, str], list[tuple[float, Path]]] = {}
    for folder in runs.glob("*/*/*/*"):
        record = read_finished(folder)
        if record:
            key = (record["recipe"], record["metric"], record["settings"]["code"])
            # One that diverged shows little of the training.
            cost = record["seconds"] if record["status"] == "completed" else float("inf")
            found.setdefault(key, []).append((cost, folder))
    groups = [
        Group(*key, len(members), canary, seconds)
        for key, members in found.items()
        for seconds, canary in [min(members)]
    ]
    return sorted(groups, key=lambda group: (-group.runs, group.recipe, group.metric))


def outdated(groups: list[Group], accepted: Accepted) -> Iterator[tuple[Group, str]]:
    """The groups that the present code would train again, each with its fingerprint."""
    for group in groups:
        code = training_code(group.metric)
        if counts_as(group.recipe, code, accepted) != group.code:
            yield group, code


def train_again(
    folder: Path, record: dict[str, Any], scratch: Path, data: Path, weights: Path
) -> dict[str, Any]:
    """Train a finished run under the present code into `scratch`; returns its record."""
    settings = record["settings"]
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
    if record["weights"] != "random":
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


def unequal(folder: Path, record: dict[str, Any], other: Path, again: dict[str, Any]) -> list[str]:
    """What differs between two trainings of a run, in words; empty if not a bit does."""
    found = [
        f"{key}: {record[key]}, now {again[key]}" for key in COMPARED if record[key] != again[key]
    ]
    for before, now in zip(record["history"], again["history"], strict=False):
        what = [k for k in before if k not in OF_THE_MOMENT and before[k] != now.get(k)]
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


def prove(group: Group, data: Path, weights: Path) -> list[str]:
    """Train a group's canary again; returns what differs, empty if the codes are equal."""
    record = read_finished(group.canary)
    assert record is not None
    with tempfile.TemporaryDirectory() as temporary:
        first, second = Path(temporary, "first"), Path(temporary, "second")
        again = train_again(group.canary, record, first, data, weights)
        found = unequal(group.canary, record, first, again)
        if found:
            repeated = train_again(group.canary, record, second, data, weights)
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
    add("--dry-run", action="store_true", help="list what would be trained again")
    add("--by-name", metavar="CODE", help="accept this old code without proof")
    add("--reason", help="why, for --by-name; it is kept on record")
    args = parser.parse_args()
    if args.by_name and not args.reason:
        raise UserError("--by-name needs a --reason, which is kept on record")
    accepted = read_accepted(args.accepted)
    groups = groups_of(args.runs)
    waiting = list(outdated(groups, accepted))
    if not waiting:
        print(f"{sum(g.runs for g in groups)} finished runs, all of the present training code")
        return
    refused = False
    for group, code in waiting:
        title = f"{group.runs} runs of {group.recipe} ({group.metric}), code {group.code}"
        if counts_as(group.recipe, code, accepted) != code:
            print(f"{title}: the present code already counts as another; they are trained again")
            continue
        if args.dry_run:
            print(f"{title}: would train {group.canary} again ({group.seconds:.0f} s)")
            continue
        if args.by_name:
            if args.by_name != group.code:
                continue
            how, evidence = BY_NAME, args.reason
        else:
            print(f"{title}: training {group.canary} again ({group.seconds:.0f} s)", flush=True)
            problems = prove(group, args.data, args.weights)
            if problems:
                refused = True
                print(
                    f"  not equal: {'; '.join(problems)}\n  Undo the edit, or let the workflow "
                    f"train these runs again, or: --by-name {group.code} --reason '...'"
                )
                continue
            how, evidence = IDENTICAL, group.canary.relative_to(args.runs).as_posix()
        today = datetime.date.today().isoformat()
        row = Acceptance(group.recipe, code, group.code, how, evidence, today)
        accepted[group.recipe, code] = row
        write_accepted(args.accepted, accepted.values())
        print(f"  {code} counts as {group.code} ({how})")
    if refused:
        sys.exit(1)


if __name__ == "__main__":
    run(main)
