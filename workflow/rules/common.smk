# What the rules ask of the tables: functions that turn wildcards into inputs and params,
# phase by phase in the order in which data flows.

import functools
import inspect
import json

from transfer.data.source.by_hand import to_place
from transfer.data.source.records import hand_placed
from transfer.data.source.files import source_files
from transfer.study.grid import study_cells
from transfer.progress.rounds import selection_round
from transfer.training.accepted import BY_NAME, accepted_rows, counts_as, read_accepted
from transfer.training.code import training_code

# Versions of the training code that scripts/accept.py accepted as equal.
ACCEPTED_CODE = "results/accepted_code.csv"
ACCEPTED = read_accepted(ACCEPTED_CODE)

# Datasets: a source's files


def accepted_checksums(wildcards):
    """By what a file of a dataset's source is known to be right; its addresses do not matter."""
    files = source_files(DATASETS[wildcards.dataset]["source"])
    return [file.checksums for file in files if file.name == wildcards.file]


def placed_by_hand(wildcards):
    """What tells a file that a person placed from another; None for one that is fetched.

    A file that is exchanged for another is checked, and its dataset prepared, again.
    """
    dataset, file = wildcards.dataset, wildcards.file
    return hand_placed(
        Path("resources/downloads", dataset, file),
        obtained=Path("results/data", dataset, "downloads", f"{file}.json"),
    )


def downloads(wildcards):
    """What is known of each file of a dataset's source, once the files are there."""
    return [
        f"results/data/{wildcards.dataset}/downloads/{file['name']}.json"
        for file in DATASETS[wildcards.dataset]["source"]["files"]
    ]


# Datasets: the store


# What preparation depends on, in any order of keys: not a dataset's names or addresses.
def preparation_settings(wildcards):
    keys = (
        "metric",
        "multilabel",
        "layout",
        "split",
        "evaluation",
        "short_side",
        "evaluation_sizes",
    )
    block = DATASETS[wildcards.dataset]
    return json.dumps({key: block.get(key) for key in keys}, sort_keys=True)


def preparation_code(wildcards):
    """The fingerprint of what prepares a dataset: its own layout and split, and not the others."""
    block = DATASETS[wildcards.dataset]
    return fingerprint(
        "scripts/prepare.py", (block["layout"]["kind"], block["split"]["method"])
    )


def preparation_threads(wildcards):
    """Processes that decode; the digit tasks are prepared before a second one has started."""
    return 1 if DATASETS[wildcards.dataset]["group"] == "digits" else 16


# Weights


def local_weights(wildcards):
    """The local weights file that the configuration names for a model, if it does."""
    return config["weights_files"].get(wildcards.model) or []


# Training


def short_sides(dataset):
    """The stores of a dataset, `short_side` being one or a list of several."""
    short_side = DATASETS[dataset]["short_side"]
    return short_side if isinstance(short_side, list) else [short_side]


def store_for(dataset, image_size):
    """The smallest store whose crops of 65 % of the area reach the image size, or the largest."""
    needed = image_size / (0.65 * 0.75) ** 0.5
    sides = {
        side: float("inf") if side == "original" else side
        for side in short_sides(dataset)
    }
    enough = [side for side, length in sides.items() if length >= needed]
    return min(enough, key=sides.get) if enough else max(sides, key=sides.get)


def cell_settings(wildcards):
    """The settings of the recipe for a cell's dataset and model."""
    recipe = RECIPES[wildcards.recipe]
    return recipe.settings(wildcards.dataset, MODELS[wildcards.model])


def cell_weights(wildcards):
    """The record of the pinned weights that a cell's runs start from, if they do."""
    pinned = cell_settings(wildcards).weights == "pinned"
    return [f"resources/weights/{wildcards.model}.json"] if pinned else []


def cell_precision(wildcards):
    """The decision on precision, for a cell whose recipe leaves it open."""
    left_open = cell_settings(wildcards).precision == "auto"
    return ["results/precision.json"] if left_open else []


def cell_code(wildcards):
    """What the code that trains a cell's runs counts as."""
    code = training_code(DATASETS[wildcards.dataset]["metric"])
    return counts_as(wildcards.recipe, code, ACCEPTED)


def cell_arguments(wildcards):
    """What all runs of a cell are given beside their data, weights and precision.

    The digest is of this cell's own settings alone.
    """
    settings = cell_settings(wildcards)
    side = store_for(wildcards.dataset, settings.image_size)
    return [
        f"--short-side={side}",
        f"--model={wildcards.model}",
        f"--recipe={wildcards.recipe}",
        f"--expect-settings={settings_digest(settings, MODELS[wildcards.model])}",
    ]


def canary_first(wildcards):
    """1 for the run that its cell starts with, 0 for the others."""
    recipe = wildcards.cell.rpartition("/")[2]
    return int(wildcards.hp == CANARIES[recipe])


# Snakemake asks for the parameters of this function twice a job: here the answer is ready.
canary_first.__signature__ = inspect.signature(canary_first)


# A partial grid


def those_there(paths):
    """The files that a step waits for; with allow_partial only those that are there already."""
    if not config["allow_partial"]:
        return paths
    return [path for path in paths if Path(path).is_file()]


# Fréchet inception distance


def is_demonstration(dataset):
    return dataset == PHOTOGRAPHS or DATASETS[dataset]["group"] == "digits"


def fid_option(dataset, key):
    """An option of config `fid`; the demonstration's datasets have some of their own."""
    demo = config["fid"]["demo"] if is_demonstration(dataset) else {}
    return demo.get(key, config["fid"][key])


def fid_code(wildcards):
    """The fingerprint of what computes features: of layouts and splits the dataset's own alone."""
    block = DATASETS.get(wildcards.fid_dataset)
    own = (block["layout"]["kind"], block["split"]["method"]) if block else ("folders",)
    return fingerprint("scripts/inception_statistics.py", own)


def fid_threads(wildcards):
    """One thread where the images are few: the demonstration's datasets run side by side."""
    return 1 if is_demonstration(wildcards.fid_dataset) else 8


def fid_image_folder(dataset):
    """The folder of original images to read in place of a prepared dataset, or None."""
    if dataset == PHOTOGRAPHS:
        return "results/fid/photographs"
    return config["fid"]["folders"].get(dataset)


def fid_short_side(dataset):
    """The store that is read, or to whose size a folder's images are shrunk.

    The demonstration's photographs are treated as its tasks are.
    """
    if dataset == PHOTOGRAPHS:
        dataset = next(name for name in DATASETS if is_demonstration(name))
    sides = short_sides(dataset)
    originals = fid_option(dataset, "source") == "originals"
    return "original" if originals and "original" in sides else sides[0]


def fid_images(wildcards):
    dataset = wildcards.fid_dataset
    if dataset == PHOTOGRAPHS:
        return {"photographs": fid_image_folder(dataset)}
    # A folder of a million originals is no input: its time says nothing about its files.
    if fid_image_folder(dataset):
        return {}
    index = {"index": f"results/data/{dataset}/index.csv"}
    if fid_option(dataset, "source") == "store":
        return index
    files = [file["name"] for file in DATASETS[dataset]["source"]["files"]]
    return index | {
        "records": [f"results/data/{dataset}/downloads/{file}.json" for file in files]
    }


def quoted(path):
    """A path for the shell, always in quotes: a param that reads otherwise makes its job again."""
    inside = path.replace("'", "'\\''")
    return f"'{inside}'"


def fid_source_flags(wildcards):
    dataset = wildcards.fid_dataset
    source = fid_option(dataset, "source")
    side = f"--short-side {fid_short_side(dataset)}"
    folder = fid_image_folder(dataset)
    if folder:
        flags = f"--source {source} --image-folder {quoted(folder)}"
        return flags if source == "originals" else f"{flags} {side}"
    return (
        f"--source {source} --dataset-folder results/data/{dataset} {side} "
        f"--images {fid_option(dataset, 'images')} --downloads resources/downloads/{dataset}"
    )


def fid_weights(wildcards):
    if fid_option(wildcards.fid_dataset, "weights") == "random":
        return {}
    return {"weights": "results/fid/inception.json"}


def fid_weights_flags(wildcards):
    if fid_option(wildcards.fid_dataset, "weights") == "random":
        return "--weights random"
    return f"--weights inception --weights-folder {INCEPTION_FOLDER}"


def fid_maximum_flag(wildcards):
    maximum = fid_option(wildcards.fid_dataset, "maximum_images")
    return f"--maximum-images {maximum}" if maximum else ""


def fid_reference(wildcards):
    """The reference's files: made here, or ready statistics in pytorch-fid's format."""
    reference = fid_option(wildcards.fid_dataset, "reference")
    if reference.endswith(".npz"):
        return {"reference_statistics": reference}
    return {
        "reference_statistics": f"results/fid/statistics/{reference}.npz",
        "reference_summary": f"results/fid/statistics/{reference}.json",
    }


def fid_reference_flags(wildcards, input):
    flags = f"--reference-statistics {quoted(input.reference_statistics)}"
    if "reference_summary" in input.keys():
        flags += f" --reference-summary {quoted(input.reference_summary)}"
    return flags


def compared_datasets(wildcards):
    """The 18 datasets of the paper's Table 11, or the demonstration's tasks."""
    paper = STUDIES[wildcards.study].paper
    groups = ("real_world", "web_scraped") if paper else ("digits",)
    return [name for name, block in DATASETS.items() if block["group"] in groups]


# Once a call: what it has planned with is what it must run with, though a file appears meanwhile.
@functools.cache
def fid_to_place(dataset):
    """Files that a person must place before a dataset, or the reference, can be compared."""
    if dataset not in DATASETS:
        return ()
    return to_place(
        dataset,
        DATASETS[dataset],
        fid_option(dataset, "source"),
        config["fid"]["folders"],
    )


def study_without(wildcards):
    """By dataset without a distance, the datasets of which a person must place files first.

    That is the dataset itself, or the reference.
    """
    without = {}
    for name in compared_datasets(wildcards):
        pair = (name, fid_option(name, "reference"))
        if lacking := [one for one in pair if fid_to_place(one)]:
            without[name] = lacking
    return without


def study_without_flags(wildcards):
    """What study_fid.py says of the distances that cannot be computed."""
    without = study_without(wildcards)
    if not without:
        return ""
    lacking = {one: fid_to_place(one) for pair in without.values() for one in pair}
    files = [f"{name}/{file}" for name, files in lacking.items() for file in files]
    return f"--without {' '.join(without)} --to-place {' '.join(files)}"


def study_distances(wildcards):
    """The distances of a study that can be computed from what is at hand."""
    without = study_without(wildcards)
    return those_there(
        [
            f"results/fid/{name}.json"
            for name in compared_datasets(wildcards)
            if name not in without
        ]
    )


def study_published_flag(wildcards):
    paper = STUDIES[wildcards.study].paper
    return f"--published resources/published/{paper}/table11.csv" if paper else ""


# Selection


def study_runs(wildcards):
    """The record of every run of a study."""
    runs = [
        f"results/runs/{cell.dataset}/{cell.model}/{cell.recipe}/{hp}/metrics.json"
        for cell in study_cells(STUDIES[wildcards.study], RECIPES)
        for hp in cell.hps
    ]
    return those_there(runs)


# By study: what a call has planned with is what it must run with, when the runs are there again.
ROUNDS = {}


def study_round(wildcards):
    """A number that changes when a run's record or the table of results is gone.

    So the study is selected again, and what was made from that table made again.
    """
    study = wildcards.study
    if STUDIES[study].source != "runs":
        return 0
    if study not in ROUNDS:
        ROUNDS[study] = selection_round(Path("results", study), study_runs(wildcards))
    return ROUNDS[study]


def accepted_by_name(wildcards):
    """Versions of the training code accepted without proof, which the study's page states.

    Those that the present code counts through; where it counts through none, none.
    """
    used = {
        (part.recipe, training_code(DATASETS[dataset]["metric"]))
        for part in STUDIES[wildcards.study].parts.values()
        for dataset in part.datasets
    }
    return sorted(
        f"{row.recipe}: {row.code} as {row.counts_as}"
        for recipe, code in used
        for row in accepted_rows(recipe, code, ACCEPTED)
        if row.how == BY_NAME
    )


# Analysis


# What can be shown only once there is one dataset that is prepared, or one distance (or a file to
# place before there is one, which is then named).
OF_DATASETS, OF_DISTANCES = {"table01", "figure2"}, {"table11", "figure3"}


def shown(wildcards, kind):
    """A study's `tables` or `figures`; with allow_partial those that have something to show."""
    study = STUDIES[wildcards.study]
    missing = set()
    if study.source == "runs" and not study_indexes(wildcards):
        missing |= OF_DATASETS
    if study.source == "runs" and not (
        study_distances(wildcards) or study_without(wildcards)
    ):
        missing |= OF_DISTANCES
    return [name for name in getattr(study, kind) if name not in missing]


def study_indexes(wildcards):
    """The index of each dataset of a study's main part, in the order of panels."""
    datasets = STUDIES[wildcards.study].parts["main"].datasets
    return those_there([f"results/data/{dataset}/index.csv" for dataset in datasets])


def all_indexes(wildcards):
    """The index of each dataset of all parts of a study, those of its main part first."""
    parts = STUDIES[wildcards.study].parts
    datasets = dict.fromkeys(
        dataset
        for part in [parts["main"], *parts.values()]
        for dataset in part.datasets
    )
    return those_there([f"results/data/{dataset}/index.csv" for dataset in datasets])


def folders_of(wildcards, input):
    """The folders of prepared datasets whose indexes are a rule's input."""
    return [str(Path(index).parent) for index in input]


def verdict_tables(wildcards):
    """The tables of a study that hold what the paper prints too, and we recompute."""
    study = STUDIES[wildcards.study]
    held = TABLES_HELD if study.source == "runs" else TABLES_HELD[1:]
    return expand(
        "results/{study}/tables/{table}.csv",
        study=wildcards.study,
        table=[table for table in held if table in study.tables],
    )


def verdict_distances(wildcards):
    """The distances to ImageNet, where a study has them."""
    tables = shown(wildcards, "tables")
    return [f"results/{wildcards.study}/fid.csv"] if "table11" in tables else []


def verdict_flags(wildcards, input):
    """The distances, and whether the running text is held too, which takes all of the paper."""
    flags = f"--fid {input.fid}" if input.fid else ""
    if STUDIES[wildcards.study].source == "published":
        flags += " --statements"
    return flags


def printed_beside(table):
    """An input function: a table as a study's paper prints it, to stand beside the computed one."""

    def printed(wildcards):
        paper = STUDIES[wildcards.study].paper
        beside = paper and table in TABLES_BESIDE
        return [f"resources/published/{paper}/{table}.csv"] if beside else []

    return printed


def beside_published(wildcards):
    """The paper's own distances, to stand beside those that a study computes."""
    study = STUDIES[wildcards.study]
    computed = study.source == "runs" and study.paper
    return [f"resources/published/{study.paper}/table11.csv"] if computed else []


# Paper


def study_verdict(wildcards):
    """The verdict, for a study that is held against a paper."""
    study = STUDIES[wildcards.study]
    return [f"results/{wildcards.study}/verdict.csv"] if study.paper else []


def page_template(wildcards):
    """The template by where a study's results come from."""
    return f"{STUDIES[wildcards.study].source}.html.jinja"


# Broken studies


def problem_of(wildcards):
    """End Snakemake with what is wrong with a study that is asked for.

    An exception would come out between a traceback and the lines of other rules.
    """
    sys.exit(f"Study '{wildcards.broken}' cannot be made:\n{BROKEN[wildcards.broken]}")
