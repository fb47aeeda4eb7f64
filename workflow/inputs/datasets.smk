# What the rules of downloads ask of the tables.

from transfer.data.source.records import hand_placed


def accepted_checksums(wildcards):
    """By what a file of a dataset's source is known to be right; its addresses do not matter."""
    files = DATASETS[wildcards.dataset].files
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
        f"results/data/{wildcards.dataset}/downloads/{file.name}.json"
        for file in DATASETS[wildcards.dataset].files
    ]
