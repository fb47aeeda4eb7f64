"""Figure 1: each dataset's metric against ImageNet top-1, with a line through all models and one
through those above 70 %."""

from transfer.command_line import run, study_parser
from transfer.drawing.panels import lines_figure
from transfer.drawing.style import save_figure, use_style
from transfer.results.table import load_results


def main() -> None:
    parser = study_parser(__doc__, "figure1.svg; .pdf and .png are written beside it")
    parser.add_argument("--axes", choices=["linear", "logit"], help="default: as the study says")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    use_style()
    figure = lines_figure(results, args.axes or results.study.axes)
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
