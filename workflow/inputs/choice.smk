# What the best run of a cell is chosen among, and what its final runs depend on.


def cell_runs(wildcards):
    """The record of every run of a cell."""
    return expand(
        "results/runs/{dataset}/{model}/{recipe}/{hp}/metrics.json",
        **wildcards,
        hp=RECIPES[wildcards.recipe].hyperparameters,
    )


def final_digest(wildcards):
    """What the final runs of a cell are made with beside its recipe's settings."""
    final = RECIPES[wildcards.cell.rpartition("/")[2]].final
    return final.digest if final else ""
