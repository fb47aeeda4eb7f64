"""Shared by the command lines of all scripts."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from transfer.errors import UserError


def run(main: Callable[[], None]) -> None:
    """Run a script's `main`; a `UserError` is printed as a plain message with exit status 1."""
    try:
        main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def warn(warnings: Iterable[str]) -> None:
    """Print warnings to stderr."""
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def add_top1(parser: argparse.ArgumentParser) -> None:
    """Add the option by which a study's script is given the accuracies that its paper prints."""
    parser.add_argument(
        "--top1",
        type=Path,
        nargs="*",
        default=[],
        metavar="TABLE",
        help="tables of resources/published/<paper> with ImageNet accuracies, for a study with "
        "imagenet_top1: published",
    )


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add the option by which a study's script is given the tables of models."""
    parser.add_argument(
        "--models",
        type=Path,
        nargs="+",
        default=[Path("config/models.tsv")],
        metavar="TABLE",
        help="config/models.tsv and, if the study's paper has a table of models, that",
    )


def study_parser(description: str | None, output: str) -> argparse.ArgumentParser:
    """A parser with what every table and figure of a study reads, and its output.

    `description` is the script's docstring; `output` says what the output file is.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--results", type=Path, required=True, help="the study's results.csv")
    parser.add_argument("--study", type=Path, required=True, help="config/studies/<study>.yaml")
    add_models(parser)
    parser.add_argument("--datasets", type=Path, default=Path("config/datasets.yaml"))
    add_top1(parser)
    parser.add_argument("--output", type=Path, required=True, help=output)
    return parser


def compared_study_parser(description: str | None, output: str) -> argparse.ArgumentParser:
    """Return `study_parser` for a table that a paper prints as well."""
    parser = study_parser(description, output)
    parser.add_argument(
        "--printed", type=Path, help="the same table as a paper prints it, to show beside"
    )
    return parser
