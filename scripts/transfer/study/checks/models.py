"""Check the rows of the model table against the libraries."""

from collections.abc import Iterator, Mapping

from transfer.entries import Entries
from transfer.study.checks.libraries import Network
from transfer.study.model import Model


def model_problems(models: Entries[Model], networks: Mapping[str, Network]) -> Iterator[str]:
    """Report each cell that the library contradicts, with its line in the table.

    `models` is the whole table, `networks` the information of the libraries about some models.
    """
    for model, row in models.items():
        if model in networks:
            for column, problem in _cells(row, networks[model]):
                yield f"line {models.lines[model]}: {model}: {column}: {problem}"


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
