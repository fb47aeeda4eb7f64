"""Checks made before a long run: what would stop it, each problem with its remedy.

Every check is a separate function that changes nothing and returns findings.
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

from transfer.data.dataset import Dataset
from transfer.data.source import kaggle
from transfer.data.source.files import SourceFile
from transfer.data.source.transfers import (
    TIMEOUT,
    Open,
    RetryableError,
    TransferError,
    http_opener,
    reason,
)
from transfer.entries import Entries
from transfer.errors import UserError
from transfer.machine.gpus import GPU
from transfer.progress.disk import Need
from transfer.study.model import Model
from transfer.words import size

# The largest model of the main study needs about this much at batch size 128. With less memory it
# is trained in micro-batches, which changes its batch normalisation.
COMFORTABLE_MEMORY = 24 * 2**30
ASKED_AT_ONCE = 8
WEIGHT_SERVERS = {
    "torchvision": "https://download.pytorch.org",
    "timm": "https://huggingface.co",
}


@dataclass(frozen=True)
class Cause:
    """A cause that several findings may share; `what` precedes the list of their items."""

    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Finding:
    """The result of a check. `level`: `ok`, `warning` (work can go on) or `error` (it would fail).

    Findings with the same `cause` are shown as one that lists each `item`. `only` names the part of
    the work that an error stops, if it does not stop everything.
    """

    level: str
    what: str
    remedy: str = ""
    cause: Cause | None = None
    item: str = ""
    only: str = ""


NO_ANSWER_REMEDY = (
    "connect this machine to the internet or set HTTPS_PROXY; or place each file as "
    "resources/downloads/<dataset>/<file>, from its homepage in config/datasets.yaml, and name "
    "weights under weights_files in config/config.yaml"
)
NO_CREDENTIALS = Cause(
    "Kaggle requires credentials, and none were found",
    f"create a token at {kaggle.SETTINGS} and put it into KAGGLE_API_TOKEN (or KAGGLE_USERNAME and "
    "KAGGLE_KEY, or ~/.kaggle/kaggle.json); or place each file as "
    "resources/downloads/<dataset>/<file>, from its homepage in config/datasets.yaml",
)
VALID, DOWNLOADABLE = Cause("valid"), Cause("can be downloaded")


def grouped(findings: Iterable[Finding]) -> list[Finding]:
    """Merge findings of the same cause, level and extent into one that lists their items."""
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
    """Items on one line; several files of a folder as their number, as in `cars (3 files)`."""
    folders = Counter(item.partition(": ")[0] for item in items)
    return ", ".join(f"{name} ({n} files)" if n > 1 else name for name, n in folders.items())


def check_tables(readers: Mapping[str, Callable[[], Any]]) -> list[Finding]:
    """Read every table; each problem listed in a reader's UserError becomes a finding.

    The problems of a table that others depend on are reported once. An invalid entry of a table is
    a warning: it stops the studies that use it, which have findings of their own.
    """
    findings: dict[str, Finding] = {}
    for name, read in readers.items():
        try:
            table = read()
        except UserError as error:
            # A problem starts with its file name; continuation lines belong to it.
            for problem in re.split(r"\n(?=\S+\.(?:yaml|tsv|csv)\b)", str(error)):
                # The last file is the one with the mistake: a study's problem may quote another's.
                files = re.findall(r"config/[\w/.-]+\.(?:yaml|tsv)(?=:)", problem)
                remedy = f"correct {[name, *files][-1]}; its keys are described in workflow/schemas"
                findings.setdefault(problem, Finding("error", problem, remedy))
            continue
        broken = table.broken if isinstance(table, Entries) else {}
        for id, problem in broken.items():
            remedy = f"correct {name}; the studies that use {table.kind} '{id}' are left out"
            findings.setdefault(problem, Finding("warning", problem, remedy))
        if not broken:
            findings[name] = Finding("ok", f"{name} is valid", cause=VALID, item=name)
    return list(findings.values())


def check_networks(trained: Collection[str], known: Container[str]) -> list[Finding]:
    """Check that the models to be trained could be compared with torchvision and timm.

    Contradictions are errors in the tables, which `check_tables` reports.
    """
    unknown = [model for model in trained if model not in known]
    if not unknown:
        return [Finding("ok", "models to train match torchvision and timm")]
    plural = "s were" if len(unknown) > 1 else " was"
    what = f"{len(unknown)} model{plural} not compared with torchvision and timm"
    remedy = "install both so that they import without an error; training needs them as well"
    return [Finding("warning", what, remedy)]


def check_space(needs: Mapping[str, tuple[Path, Need]]) -> list[Finding]:
    """Check that there is enough disk space, adding up the folders on each disk.

    `needs` maps the name of each need to its folder, which need not exist yet, and its size.
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
            remedy = "free some space, or replace the folder by a link to a larger disk"
            findings.append(Finding("error", what, remedy))
        elif unknown:
            remedy = "leave space for the files of unknown size as well"
            findings.append(Finding("warning", what, remedy))
        else:
            findings.append(Finding("ok", what))
    return findings


def nearest(folder: Path) -> Path:
    """The folder, or its nearest existing parent."""
    folder = folder.resolve()
    return next(path for path in (folder, *folder.parents) if path.exists())


def check_writable(folders: Iterable[Path]) -> list[Finding]:
    """Check that files can be created in these folders, or that the folders can be created."""
    findings = []
    for folder in folders:
        there = nearest(folder)
        # root may write anywhere except on a file system mounted read-only.
        read_only = os.statvfs(there).f_flag & os.ST_RDONLY
        if read_only or not os.access(there, os.W_OK | os.X_OK):
            remedy = f"chown or chmod {there}, or replace {folder} by a link to a writable folder"
            findings.append(Finding("error", f"{there} is not writable", remedy))
    return findings


def missing_files(
    datasets: Mapping[str, Dataset], folder: Path
) -> list[tuple[str, SourceFile, Path]]:
    """Source files that are not in `folder`: dataset, file, and the path where it belongs."""
    return [
        (name, file, folder / name / file.name)
        for name, dataset in datasets.items()
        for file in dataset.files
        if not (folder / name / file.name).exists()
    ]


def check_downloads(missing: Iterable[tuple[str, SourceFile, Path]]) -> list[Finding]:
    """Request each missing file from its server without reading the response body.

    This reveals missing credentials, unaccepted competition rules and dead links in advance.
    """
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        return list(pool.map(lambda entry: _check_download(*entry), missing))


def check_left_out(
    to_place: Mapping[str, Collection[str]],
    datasets: Mapping[str, Dataset],
    reference: str,
    folder: Path,
) -> list[Finding]:
    """Report files, by dataset, that must be placed by hand before its distance can be computed.

    The study is completed without them; without the reference's files it has no distances at all.
    """
    findings = []
    for dataset, names in to_place.items():
        source = {file.name: file for file in datasets[dataset].files}
        what = f"{dataset}: {', '.join(names)} must be placed by hand: until then the "
        what += "study has no distances" if dataset == reference else "study lacks its distance"
        steps = " ".join(dict.fromkeys(source[name].instructions for name in names))
        homepage = datasets[dataset].homepage
        remedy = f"{steps} Homepage: {homepage}. Place: {folder / dataset}/.".strip()
        findings.append(Finding("warning", what, remedy))
    return findings


def _check_download(dataset: str, file: SourceFile, path: Path) -> Finding:
    what = f"{dataset}: {file.name}"
    by_hand = f"get it from {file.homepage} and place it as {path}"
    if file.kind == "by_hand":
        steps = f"{file.instructions} Homepage: {file.homepage}. Place: {path}."
        remedy = steps if file.instructions else by_hand
        together = f"{file.instructions} Homepage: {file.homepage}. Place: {path.parent}/."
        cause = Cause("files that must be placed by hand", together)
        return Finding("error", f"{what} must be placed by hand", remedy, cause, what)
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
        # The message names the remedy.
        return Finding("error", what, str(error))
    except requests.RequestException as error:
        again = f"connect this machine to the internet, set HTTPS_PROXY, or {by_hand}"
        why = reason(error)
        cause = Cause(why, NO_ANSWER_REMEDY)
        return Finding("error", f"{what}: {why}", again, cause, what)
    except (TransferError, RetryableError) as error:
        return Finding("warning", f"{what}: {error}", f"try again later, or {by_hand}")
    response.close()
    if response.status_code >= 400:
        return Finding("error", f"{what}: HTTP {response.status_code}", by_hand)
    return Finding("ok", f"{what} can be downloaded", cause=DOWNLOADABLE, item=what)


def check_weights(
    models: Mapping[str, Model], files: Mapping[str, str], folder: Path
) -> list[Finding]:
    """Check the weights of models that start from pinned ones: present, to download, or by hand.

    `files` are the local files named in the configuration, by model.
    """
    findings, missing = [], []
    for name, model in models.items():
        if (folder / f"{name}.json").exists():
            continue
        given = files.get(name)
        if given and not Path(given).is_file():
            remedy = "correct weights_files in config/config.yaml"
            findings.append(Finding("error", f"{name}: weights file {given} not found", remedy))
        elif model.weights == "file" and not given:
            remedy = f"name a local file under weights_files: {name} in config/config.yaml"
            findings.append(Finding("error", f"{name}: no library publishes its weights", remedy))
        elif not given:
            missing.append(name)
    if missing:
        what = f"weights of {len(missing)} models are still to be downloaded"
        findings.append(Finding("ok", what))
        findings += _check_weight_servers({models[name].library for name in missing})
    else:
        findings.append(Finding("ok", "no weights to download"))
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
            remedy = (
                "connect this machine to the internet, or name local files under weights_files in "
                "config/config.yaml"
            )
            cause = Cause(why, NO_ANSWER_REMEDY)
            findings.append(Finding("error", what, remedy, cause, f"weights of {library}"))
    return findings


def check_gpus(gpus: tuple[GPU, ...], asked: int | None, runs_per_gpu: int) -> list[Finding]:
    """Check the GPUs of this machine: their memory and number."""
    if not gpus:
        what = "no NVIDIA GPU on this machine: runs would train on the CPU, which takes months"
        remedy = "use a machine with GPUs, or a cluster with workflow/profiles/slurm"
        return [Finding("error" if asked else "warning", what, remedy)]
    findings = []
    for gpu in gpus:
        memory = gpu.memory_bytes
        what = f"GPU {gpu.index}: {gpu.name}, {size(memory)}"
        if memory is not None and memory < COMFORTABLE_MEMORY * runs_per_gpu:
            remedy = "large models are trained in micro-batches; see micro_batch in their records"
            findings.append(Finding("warning", what, remedy))
        else:
            findings.append(Finding("ok", what))
    places = len(gpus) * runs_per_gpu
    if asked and asked > places:
        what = f"gpu={asked} starts more runs than there are GPU slots ({places}); the rest wait"
        findings.append(Finding("warning", what, f"--resources gpu={places}"))
    return findings
