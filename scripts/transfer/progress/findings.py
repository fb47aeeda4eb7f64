"""What stands in the way of a week of work: looked for before it starts, each with its remedy.

Every check is a function of its own that changes nothing and returns findings.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from transfer.data.source import kaggle
from transfer.data.source.files import SourceFile, source_files
from transfer.data.source.transfers import (
    TIMEOUT,
    Open,
    RetryableError,
    TransferError,
    http_opener,
    reason,
)
from transfer.errors import UserError
from transfer.machine.gpus import GPU
from transfer.progress.disk import Need
from transfer.words import size

# The largest model of the main study needs about this much at batch size 128; smaller GPUs
# train it in pieces of a batch, which changes its batch normalisation.
COMFORTABLE_MEMORY = 24 * 2**30
ASKED_AT_ONCE = 8
WEIGHT_SERVERS = {
    "torchvision": "https://download.pytorch.org",
    "timm": "https://huggingface.co",
}


@dataclass(frozen=True)
class Cause:
    """What several findings may have in common: `what` stands before their items."""

    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Finding:
    """`level`: `ok`, `warning` (the work may go on) or `error` (it would fail).

    Findings of one `cause` are shown as one, each by its `item`. `only` names what an error stops
    where it does not stop everything.
    """

    level: str
    what: str
    remedy: str = ""
    cause: Cause | None = None
    item: str = ""
    only: str = ""


NO_ANSWER_REMEDY = (
    "connect this machine or set HTTPS_PROXY; or place each file as "
    "resources/downloads/<dataset>/<file>, from its homepage in config/datasets.yaml, and name "
    "weights under weights_files in config/config.yaml"
)
NO_CREDENTIALS = Cause(
    "Kaggle gives files to signed-in users only, and no credentials were found",
    f"create a token at {kaggle.SETTINGS} and put it into KAGGLE_API_TOKEN (or KAGGLE_USERNAME and "
    "KAGGLE_KEY, or ~/.kaggle/kaggle.json); or place each file as "
    "resources/downloads/<dataset>/<file>, from its homepage in config/datasets.yaml",
)
VALID, DOWNLOADABLE = Cause("valid"), Cause("can be downloaded")


def grouped(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one cause, level and extent as one that names their items."""
    groups: dict[object, list[Finding]] = {}
    for number, found in enumerate(findings):
        key = (found.level, found.cause, found.only) if found.cause else number
        groups.setdefault(key, []).append(found)
    return [_as_one(group) for group in groups.values()]


def _as_one(group: list[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1 or first.cause is None:
        return first
    what = f"{first.cause.what}: {_listed([found.item for found in group])}"
    return replace(first, what=what, remedy=first.cause.remedy)


def _listed(items: list[str]) -> str:
    """Items in a line; files of one folder with their number, as in `cars (3 files)`."""
    folders = Counter(item.partition(": ")[0] for item in items)
    return ", ".join(f"{name} ({n} files)" if n > 1 else name for name, n in folders.items())


def check_tables(readers: Mapping[str, Callable[[], Any]]) -> list[Finding]:
    """Read every table; each problem that a reader's UserError tells is a finding.

    A table that another one needs is not told of twice.
    """
    findings: dict[str, Finding] = {}
    for name, read in readers.items():
        try:
            read()
        except UserError as error:
            # A problem begins with its file; what follows on lines of their own belongs to it.
            for problem in re.split(r"\n(?=\S+\.(?:yaml|tsv|csv)\b)", str(error)):
                table = re.match(r"config/\S+\.(yaml|tsv)(?=:)", problem)
                file = table[0] if table else name
                remedy = f"correct {file}; its keys are described in workflow/schemas"
                findings.setdefault(problem, Finding("error", problem, remedy))
        else:
            findings[name] = Finding("ok", f"{name} is valid", cause=VALID, item=name)
    return list(findings.values())


def check_networks(trained: Collection[str], known: Container[str]) -> list[Finding]:
    """Whether the libraries could be asked about the models that are to be trained.

    What they contradict is a problem of the tables, which `check_tables` reports.
    """
    unknown = [model for model in trained if model not in known]
    if not unknown:
        return [Finding("ok", "models to train are as torchvision and timm have them")]
    plural = "s were" if len(unknown) > 1 else " was"
    what = f"{len(unknown)} model{plural} not compared with torchvision and timm"
    remedy = "both must be installed here, and import without an error, to check and to train"
    return [Finding("warning", what, remedy)]


def check_space(needs: Mapping[str, tuple[Path, Need]]) -> list[Finding]:
    """Whether what is still to come fits; folders on one disk are added up.

    `needs` names each need with the folder it goes to, which need not be there yet.
    """
    by_disk: dict[int, list[tuple[str, Path, Need]]] = {}
    for name, (folder, need) in needs.items():
        existing = nearest(folder)
        by_disk.setdefault(existing.stat().st_dev, []).append((name, existing, need))
    findings = []
    for entries in by_disk.values():
        folder = entries[0][1]
        total = sum(need.bytes for _, _, need in entries)
        free = shutil.disk_usage(folder).free
        words = " + ".join(f"{name} {need}" for name, _, need in entries)
        what = f"disk of {folder.resolve()}: {size(free)} free, {size(total)} needed ({words})"
        unknown = any(need.unknown for _, _, need in entries)
        if free < total:
            remedy = "free space, or make the folder a link to a larger disk"
            findings.append(Finding("error", what, remedy))
        elif unknown:
            remedy = "leave room for the files of unknown size as well"
            findings.append(Finding("warning", what, remedy))
        else:
            findings.append(Finding("ok", what))
    return findings


def nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    folder = folder.resolve()
    return next(path for path in (folder, *folder.parents) if path.exists())


def check_writable(folders: Iterable[Path]) -> list[Finding]:
    """Whether files can be made in these folders, or where they would be made."""
    findings = []
    for folder in folders:
        there = nearest(folder)
        # root may write everywhere but on a file system mounted read-only.
        read_only = os.statvfs(there).f_flag & os.ST_RDONLY
        if read_only or not os.access(there, os.W_OK | os.X_OK):
            remedy = f"chown or chmod {there}, or make {folder} a link to a folder of yours"
            findings.append(Finding("error", f"{there} cannot be written to", remedy))
    return findings


def missing_files(
    datasets: Mapping[str, Mapping[str, Any]], folder: Path
) -> list[tuple[str, SourceFile, Path]]:
    """Files of the datasets' sources that are not in `folder`: dataset, file, its place."""
    return [
        (name, file, folder / name / file.name)
        for name, block in datasets.items()
        for file in source_files(block["source"])
        if not (folder / name / file.name).exists()
    ]


def check_downloads(missing: Iterable[tuple[str, SourceFile, Path]]) -> list[Finding]:
    """Ask the server of each missing file for it, and read nothing of the answer.

    So credentials, a competition's accepted rules and dead addresses show before the work.
    """
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        return list(pool.map(lambda entry: _check_download(*entry), missing))


def check_left_out(
    to_place: Mapping[str, Collection[str]],
    datasets: Mapping[str, Mapping[str, Any]],
    reference: str,
    folder: Path,
) -> list[Finding]:
    """Files, by dataset, that a person must place before its distance is computed.

    The work goes on without them; without those of the reference it has no distances at all.
    """
    findings = []
    for dataset, names in to_place.items():
        source = {file.name: file for file in source_files(datasets[dataset]["source"])}
        what = f"{dataset}: {', '.join(names)} must be placed by a person: until then the "
        what += "study has no distances" if dataset == reference else "study lacks its distance"
        steps = " ".join(dict.fromkeys(source[name].instructions for name in names))
        homepage = datasets[dataset]["source"]["homepage"]
        remedy = f"{steps} Homepage: {homepage}. Place: {folder / dataset}/.".strip()
        findings.append(Finding("warning", what, remedy))
    return findings


def _check_download(dataset: str, file: SourceFile, path: Path) -> Finding:
    what = f"{dataset}: {file.name}"
    by_hand = f"get it from {file.homepage} and place it as {path}"
    if file.kind == "by_hand":
        told = f"{file.instructions} Homepage: {file.homepage}. Place: {path}."
        remedy = told if file.instructions else by_hand
        together = f"{file.instructions} Homepage: {file.homepage}. Place: {path.parent}/."
        cause = Cause("files that a person must place", together)
        return Finding("error", f"{what} must be placed by a person", remedy, cause, what)
    if file.kind.startswith("kaggle"):
        return _ask(what, kaggle.opener(file, path), by_hand)
    answers = [_ask(what, http_opener(one.url), by_hand) for one in file.addresses]
    return next((found for found in answers if found.level == "ok"), answers[0])


def _ask(what: str, open_at: Open, by_hand: str) -> Finding:
    try:
        response = open_at(0, None)
    except kaggle.NoCredentialsError as error:
        return Finding("error", what, str(error), NO_CREDENTIALS, what)
    except UserError as error:
        # Says itself what is to be done.
        return Finding("error", what, str(error))
    except requests.RequestException as error:
        again = f"connect this machine, set HTTPS_PROXY, or {by_hand}"
        why = reason(error)
        cause = Cause(why, NO_ANSWER_REMEDY)
        return Finding("error", f"{what}: {why}", again, cause, what)
    except (TransferError, RetryableError) as error:
        return Finding("warning", f"{what}: {error}", f"try again later, or {by_hand}")
    response.close()
    if response.status_code >= 400:
        return Finding("error", f"{what}: HTTP {response.status_code}", by_hand)
    return Finding("ok", f"{what} can be downloaded", cause=DOWNLOADABLE, item=what)


def check_weights(models: Mapping[str, Mapping[str, Any]], folder: Path) -> list[Finding]:
    """Weights of the models that start from pinned ones: there, to be fetched, or by hand.

    `models` are rows of the model table; its `file` is a local file that the configuration
    names, if it does.
    """
    findings, missing = [], []
    for name, row in models.items():
        if (folder / f"{name}.json").exists():
            continue
        given = row.get("file")
        if given and not Path(given).is_file():
            remedy = "correct weights_files in config/config.yaml"
            findings.append(Finding("error", f"{name}: no weights file {given}", remedy))
        elif row["weights"] == "file" and not given:
            remedy = f"name a local file under weights_files: {name} in config/config.yaml"
            findings.append(Finding("error", f"{name}: no library publishes its weights", remedy))
        elif not given:
            missing.append(name)
    if missing:
        what = f"weights of {len(missing)} models are still to be fetched"
        findings.append(Finding("ok", what))
        findings += _check_weight_servers({models[name]["library"] for name in missing})
    else:
        findings.append(Finding("ok", "no weights are to be fetched"))
    return findings


def _check_weight_servers(libraries: Iterable[str]) -> list[Finding]:
    findings = []
    for library in sorted(libraries):
        url = WEIGHT_SERVERS[library]
        try:
            requests.head(url, timeout=TIMEOUT)
        except requests.RequestException as error:
            why = reason(error)
            what = f"weights of {library} come from {url}: {why}"
            remedy = "connect this machine, or name local files under weights_files in config"
            cause = Cause(why, NO_ANSWER_REMEDY)
            findings.append(Finding("error", what, remedy, cause, f"weights of {library}"))
    return findings


def check_gpus(gpus: tuple[GPU, ...], asked: int | None, runs_per_gpu: int) -> list[Finding]:
    """GPUs of this machine, their memory, and whether there are as many as asked for."""
    if not gpus:
        what = "no NVIDIA GPU on this machine: runs would train on the CPU, taking months"
        remedy = "go to a machine with GPUs, or use workflow/profiles/slurm"
        return [Finding("error" if asked else "warning", what, remedy)]
    findings = []
    for gpu in gpus:
        memory = gpu.memory_bytes
        what = f"GPU {gpu.index}: {gpu.name}, {size(memory)}"
        if memory is not None and memory < COMFORTABLE_MEMORY * runs_per_gpu:
            remedy = "large models train in pieces of a batch there; see micro_batch in the records"
            findings.append(Finding("warning", what, remedy))
        else:
            findings.append(Finding("ok", what))
    places = len(gpus) * runs_per_gpu
    if asked and asked > places:
        what = f"gpu={asked} starts more runs than the {places} places on GPUs; the rest wait"
        findings.append(Finding("warning", what, f"--resources gpu={places}"))
    return findings
