# The images, weights and reference of each distance.

import functools

from transfer.data.source.by_hand import to_place
from transfer.entries import broken_of
from transfer.fid import options
from transfer.papers.compared import datasets_compared

FID_FOLDERS = config["fid"]["folders"]
DEMONSTRATION = [
    name for name, one in DATASETS.items() if options.of_demonstration(one)
]


def options_of(dataset):
    """The options of a dataset."""
    return options.fid_options(config["fid"], dataset in DEMONSTRATION)


def fid_code(wildcards):
    """Fingerprint of the feature extraction, with the dataset's own layout and split only."""
    dataset = DATASETS[wildcards.fid_dataset]
    own = (dataset.layout["kind"], dataset.split["method"])
    return fingerprint("scripts/inception_statistics.py", own)


def fid_threads(wildcards):
    """One thread for few images: the datasets of the demo are processed in parallel."""
    return 1 if wildcards.fid_dataset in DEMONSTRATION else 8


def fid_resize(wildcards):
    return options_of(wildcards.fid_dataset).resize


def fid_images(wildcards):
    """Inputs that change when the images of a dataset do."""
    dataset = wildcards.fid_dataset
    # A folder of a million originals is not an input: its time stamp says nothing about its files.
    if dataset in FID_FOLDERS:
        return {}
    index = {"index": f"results/data/{dataset}/index.csv"}
    if options_of(dataset).source == "store":
        return index
    source = DATASETS[dataset].images_of
    return index | {
        "records": [
            f"results/data/{source}/downloads/{file.name}.json"
            for file in DATASETS[source].files
        ]
    }


def fid_source_flags(wildcards):
    dataset = wildcards.fid_dataset
    chosen = options_of(dataset)
    described = DATASETS[dataset]
    side = options.side_to_read(described, chosen)
    if dataset in FID_FOLDERS:
        return options.folder_flags(chosen, FID_FOLDERS[dataset], side)
    downloads = f"resources/downloads/{described.images_of}"
    return options.dataset_flags(chosen, f"results/data/{dataset}", downloads, side)


def fid_weights(wildcards):
    random = options_of(wildcards.fid_dataset).weights == "random"
    return {} if random else {"weights": "results/fid/inception.json"}


def fid_weights_flags(wildcards):
    return options.weights_flags(options_of(wildcards.fid_dataset), INCEPTION_FOLDER)


def fid_maximum_flag(wildcards):
    maximum = options_of(wildcards.fid_dataset).maximum_images
    return f"--maximum-images {maximum}" if maximum else ""


def fid_reference(wildcards):
    """Files of the reference: computed here, or ready-made statistics in pytorch-fid's format."""
    chosen = options_of(wildcards.fid_dataset)
    if chosen.ready_reference:
        return {"reference_statistics": chosen.reference}
    if problem := broken_of(DATASETS).get(chosen.reference):
        raise WorkflowError(problem)
    made = f"results/fid/statistics/{chosen.reference}"
    return {
        "reference_statistics": f"{made}.npz",
        "reference_summary": f"{made}.json",
    }


def fid_reference_flags(wildcards, input):
    return options.reference_flags(
        input.reference_statistics, input.get("reference_summary", None)
    )


# Evaluated once per call, which must run with what it has planned even if a file appears meanwhile.
@functools.cache
def fid_to_place(dataset):
    """Files to be placed by hand before the distance of a dataset or the reference is computed."""
    if dataset not in DATASETS or dataset in FID_FOLDERS:
        return ()
    made = [Path("results/data", dataset, "index.csv")]
    if options_of(dataset).source == "originals":
        made.append(Path("results/fid/statistics", f"{dataset}.npz"))
    return to_place(DATASETS[dataset], Path("resources/downloads", dataset), made)


def study_without(wildcards):
    """For each dataset of a study without a distance, the datasets whose files are missing."""
    study = STUDIES[wildcards.study]
    return options.without_distance(
        datasets_compared(study, PAPERS.get(study.paper)),
        lambda dataset: options_of(dataset).reference,
        fid_to_place,
    )


def study_without_flags(wildcards):
    return options.without_flags(study_without(wildcards), fid_to_place)


def study_distances(wildcards):
    """The distances of a study that can be computed from the existing files."""
    study = STUDIES[wildcards.study]
    without = study_without(wildcards)
    return those_there(
        [
            f"results/fid/{name}.json"
            for name in datasets_compared(study, PAPERS.get(study.paper))
            if name not in without
        ]
    )


def study_published_flag(wildcards):
    paper = STUDIES[wildcards.study].paper
    return f"--published resources/published/{paper}" if paper else ""
