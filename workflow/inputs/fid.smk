# Which images, weights and reference a distance is computed from.

import functools

from transfer.data.source.by_hand import to_place
from transfer.papers.distances import datasets_compared


def is_demonstration(dataset):
    return dataset == PHOTOGRAPHS or DATASETS[dataset].group == "digits"


def fid_option(dataset, key):
    """An option of config `fid`; the demonstration's datasets have some of their own."""
    demo = config["fid"]["demo"] if is_demonstration(dataset) else {}
    return demo.get(key, config["fid"][key])


def fid_code(wildcards):
    """The fingerprint of what computes features: of layouts and splits the dataset's own alone."""
    block = DATASETS.get(wildcards.fid_dataset)
    own = (block.layout["kind"], block.split["method"]) if block else ("folders",)
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
    sides = DATASETS[dataset].short_sides
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
    source = DATASETS[dataset].images_of
    files = [file.name for file in DATASETS[source].files]
    return index | {
        "records": [f"results/data/{source}/downloads/{file}.json" for file in files]
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
        f"--images {fid_option(dataset, 'images')} "
        f"--downloads resources/downloads/{DATASETS[dataset].images_of}"
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
    """The datasets of a study's distances."""
    study = STUDIES[wildcards.study]
    return datasets_compared(study, PAPERS.get(study.paper))


# Once a call: what it has planned with is what it must run with, though a file appears meanwhile.
@functools.cache
def fid_to_place(dataset):
    """Files that a person must place before a dataset, or the reference, can be compared."""
    if dataset not in DATASETS:
        return ()
    return to_place(
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
    return f"--published resources/published/{paper}" if paper else ""
