# Inputs of selecting the best run of a cell, and params of its final runs.


def cell_runs(wildcards):
    """The record of every run of a cell."""
    return expand(
        "results/runs/{dataset}/{model}/{recipe}/{hp}/metrics.json",
        **wildcards,
        hp=RECIPES[wildcards.recipe].hyperparameters,
    )


def final_digest(wildcards):
    """Arguments of the final runs of a cell besides the settings of its recipe."""
    final = RECIPES[wildcards.cell.rpartition("/")[2]].final
    return final.digest if final else ""
