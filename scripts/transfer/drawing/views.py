"""Shared by the runners of views: command line, inputs, and calling the view."""

import argparse
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from transfer.command_line import add_models, add_top1
from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.papers.joint import load_joint
from transfer.papers.published import read_printed, read_published
from transfer.results.table import load_results
from transfer.study.model import read_shown_models
from transfer.study.views import View, read_view, view_names
from transfer.validation import read_table

# The options of the runner by which an input is given, where there is not one of its name.
NEEDED = {"results": ("results", "study"), "joint": ("joint", "papers", "values", "fid")}


def view_parser(kind: str, description: str, output: str) -> argparse.ArgumentParser:
    """The command line of a runner of views of a kind (`figures` or `tables`).

    `output` says what the output file is. A file that the view does not read may be left out.
    """
    views = [read_view(kind, name) for name in view_names(kind)]
    listed = "\n".join(
        f"  {view.name:<18} {view.about}\n{'':<20} reads {', '.join(view.reads)}"
        + (f"; options {', '.join(view.options)}" if view.options else "")
        for view in views
    )
    parser = argparse.ArgumentParser(
        description=description,
        epilog=f"views:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("view", help="name of the view, see below", metavar="VIEW")
    parser.add_argument("--study", type=Path, help="config/studies/<study>.yaml")
    parser.add_argument("--results", type=Path, help="the study's results.csv")
    parser.add_argument("--intervals", type=Path, help="the study's intervals.csv")
    parser.add_argument("--fid", type=Path, help="the study's fid.csv")
    parser.add_argument("--prepared", type=Path, nargs="+", help="index.csv of prepared datasets")
    parser.add_argument("--predictions", type=Path, help="folder of a study's kept predictions")
    parser.add_argument("--statements", type=Path, help="the study's statements.csv")
    parser.add_argument("--predictors", type=Path, help="the study's predictors.csv")
    parser.add_argument("--printed", type=Path, help="resources/published/<paper>/<table>.csv")
    parser.add_argument("--sizes", type=Path, help="the paper's table of sizes of datasets")
    parser.add_argument(
        "--reported", type=yaml.safe_load, help="split that is reported by dataset: '{aptos: val}'"
    )
    parser.add_argument("--joint", type=Path, help="config/studies/published/index.yaml")
    parser.add_argument(
        "--papers", type=Path, nargs="+", help="resources/published/<paper> of each of its papers"
    )
    parser.add_argument(
        "--values", type=Path, nargs="+", help="results.csv of each of its papers, in that order"
    )
    add_models(parser)
    parser.add_argument("--datasets", type=Path, default=Path("config/datasets.yaml"))
    add_top1(parser)
    parser.add_argument(
        "--options", type=yaml.safe_load, default={}, help="as in a study: '{axes: logit}'"
    )
    parser.add_argument("--caption", default="", help="replaces the view's own caption")
    parser.add_argument("--output", type=Path, required=True, help=output)
    return parser


def run_view(kind: str, function: str, args: argparse.Namespace) -> Any:
    """Call a view's function with its inputs, in the order of declaration, and its options.

    Raises UserError for an unknown view, an invalid option, or a missing file.
    """
    if args.view not in (names := view_names(kind)):
        raise UserError(f"no view '{args.view}' in scripts/{kind}: available: {', '.join(names)}")
    view = read_view(kind, args.view)
    if problems := view.problems(args.options):
        raise UserError("\n".join(problems))
    chosen = view.chosen(args.options)
    for name, rule in view.options.items():
        if "reads" in rule:
            chosen[name] = read(rule["reads"], args) if chosen[name] else None
    return view_function(view, function)(*[read(name, args) for name in view.reads], **chosen)


def view_function(view: View, name: str) -> Callable[..., Any]:
    """The function of this name in a view's script, which is imported from its file.

    Not by its name: a package called `tables` may be installed.
    """
    path = Path(__file__).parents[2] / view.kind / f"{view.name}.py"
    spec = importlib.util.spec_from_file_location(f"{view.kind}_{view.name}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., Any] | None = getattr(module, name, None)
    if function is None:
        raise UserError(f"{path}: no function {name}()")
    return function


def read(name: str, args: argparse.Namespace) -> Any:
    """Read an input of a view by its name in `transfer.study.views`."""
    needed = NEEDED.get(name, (name,))
    if name == "printed" and args.printed is None:
        return None
    for flag in needed:
        if getattr(args, flag) is None:
            raise UserError(f"view '{args.view}' reads {name}: give --{flag}")
    match name:
        case "results":
            return load_results(args.results, args.study, args.models, args.datasets, args.top1)
        case "joint":
            return load_joint(
                args.joint, args.papers, args.values, args.fid, args.models, args.datasets
            )
        case "models":
            return read_shown_models(args.models)
        case "datasets":
            return read_datasets(args.datasets)
        case "prepared":
            return [index.parent for index in args.prepared]
        case "predictions":
            return args.predictions
        case "reported":
            return args.reported
        case "printed":
            return read_printed(args.printed.parent, args.printed.stem)
        case "sizes":
            return read_published(args.sizes.parent, args.sizes.stem).set_index("dataset")
        case _:
            return read_table(getattr(args, name), name)
