# Inputs and params of the download rule.

from transfer.data.source.records import hand_placed


def accepted_checksums(wildcards):
    """Accepted checksums of a source file; its URLs do not matter."""
    files = DATASETS[wildcards.dataset].files
    return [file.checksums for file in files if file.name == wildcards.file]


def placed_by_hand(wildcards):
    """Identity of a file placed by hand; None for a downloaded file.

    If such a file is replaced, it is verified and its dataset prepared again.
    """
    dataset, file = wildcards.dataset, wildcards.file
    return hand_placed(
        Path("resources/downloads", dataset, file),
        obtained=Path("results/data", dataset, "downloads", f"{file}.json"),
    )


def downloads(wildcards):
    """Records of the source files of a dataset."""
    return [
        f"results/data/{wildcards.dataset}/downloads/{file.name}.json"
        for file in DATASETS[wildcards.dataset].files
    ]
