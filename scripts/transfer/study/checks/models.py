"""Check the rows of the model table against the libraries."""

from collections.abc import Iterator, Mapping

from transfer.study.checks.libraries import Network
from transfer.study.model import Model


def model_problems(models: Mapping[str, Model], networks: Mapping[str, Network]) -> Iterator[str]:
    """One line for each cell that the library contradicts, with its line in the table.

    `models` are all rows in the order of the table, `networks` what the libraries say of those
    that they were asked about.
    """
    for line, (model, row) in enumerate(models.items(), start=2):
        if model in networks:
            for column, problem in _cells(row, networks[model]):
                yield f"line {line}: {model}: {column}: {problem}"


def _cells(row: Model, network: Network) -> Iterator[tuple[str, str]]:
    """The wrong columns of a row, each with its problem."""
    if network.unknown:
        near = f"; did you mean '{network.near}'?" if network.near else ""
        yield network.unknown, f"{network.library} has no '{getattr(row, network.unknown)}'{near}"
        return
    if network.refused:
        yield "architecture", f"{network.library} cannot build it: {network.refused}"
        return
    if row.parameters != network.parameters:
        yield (
            "parameters",
            f"{row.parameters}, but the network of {network.library} has {network.parameters}",
        )
    if network.native_sizes and row.native_size not in network.native_sizes:
        stated = " or ".join(str(size) for size in network.native_sizes)
        yield (
            "native_size",
            f"{row.native_size}, but {network.library} states {stated} for these weights",
        )
