"""The figures and tables of a study, their inputs and their datasets."""

from collections.abc import Container

from transfer.study.study import Study
from transfer.study.views import Shown, read_view


def shown_views(study: Study) -> list[tuple[str, str, Shown]]:
    """Kind, number and entry of every figure and table of a study, figures first."""
    return [
        (kind, number, shown)
        for kind, lines in (("figures", study.figures), ("tables", study.tables))
        for number, shown in lines.items()
    ]


def reads_of(study: Study) -> set[str]:
    """All inputs of the figures and tables of a study, as keys of `READABLE`."""
    return {
        name
        for kind, _, shown in shown_views(study)
        for name in read_view(kind, shown.view).reads_with(shown.options)
    }


def models_drawn(study: Study) -> list[str]:
    """The models of all parts shown by views of results, each once; all need an accuracy."""
    drawn = {
        part
        for kind, _, shown in shown_views(study)
        if "results" in (view := read_view(kind, shown.view)).reads
        for part in view.parts(shown.options)
    }
    parts = [part for name, part in study.parts.items() if name in drawn]
    return list(dict.fromkeys(model for part in parts for model in part.models))


def datasets_of(study: Study, kind: str, shown: Shown) -> tuple[str, ...]:
    """The datasets of the parts that a view shows, those of the first part first."""
    parts = read_view(kind, shown.view).parts(shown.options)
    return tuple(dict.fromkeys(name for part in parts for name in study.parts[part].datasets))


def compared_tables(study: Study, compared: Container[str]) -> dict[str, str]:
    """By number, the tables that a study computes from its results and its paper prints too.

    The values are the numbers that the paper gives them; only those in `compared` count.
    """
    return {
        number: shown.printed
        for number, shown in study.tables.items()
        if shown.printed in compared and "results" in read_view("tables", shown.view).reads
    }
