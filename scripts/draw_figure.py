"""Draw one figure of a study: a view of scripts/figures, with the study's options.

    python scripts/draw_figure.py against_imagenet --study config/studies/published/fang2023.yaml \\
        --results results/published/fang2023/results.csv --options '{through: spline}' \\
        --output figure5.svg
"""

from transfer.command_line import run
from transfer.drawing.style import Drawing, save_figure, use_style
from transfer.drawing.views import run_view, view_parser
from transfer.files import write_text


def main() -> None:
    args = view_parser("figures", __doc__, "figure1.svg; .pdf, .png, .md beside it").parse_args()
    use_style()
    drawing: Drawing = run_view("figures", "draw", args)
    save_figure(drawing.figure, args.output)
    write_text(args.output.with_suffix(".md"), f"{args.caption or drawing.caption}\n")


if __name__ == "__main__":
    run(main)
