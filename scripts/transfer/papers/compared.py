"""Which distances a study shows. Imports no statistics: the workflow asks when it starts."""

from transfer.papers.paper import Paper
from transfer.study.study import Study


def datasets_compared(study: Study, paper: Paper | None) -> list[str]:
    """The datasets whose distances a study shows: its paper's, else those of its part `main`."""
    if paper and paper.distances:
        return list(paper.distances.group)
    return list(study.parts["main"].datasets)
