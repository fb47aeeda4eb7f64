"""The number of the round in which a study's runs are selected."""

import pytest

from transfer.progress.rounds import selection_round


@pytest.mark.parametrize(
    ("selected", "there", "kept", "expected"),
    [
        (True, True, None, 0),
        (True, False, None, 1),
        (True, True, "3\n", 3),
        (True, False, "3\n", 4),
        # Nothing was made from it yet: Snakemake asks for it anyway.
        (False, False, None, 0),
        # A selection that failed took the table with it.
        (False, True, "3\n", 4),
        (False, False, "3\n", 4),
        (True, True, "", 0),
    ],
)
def test_it_grows_when_a_record_or_the_table_is_gone(tmp_path, selected, there, kept, expected):
    records = [tmp_path / "a.json", tmp_path / "b.json"]
    records[0].touch()
    if there:
        records[1].touch()
    if selected:
        (tmp_path / "results.csv").touch()
    if kept is not None:
        (tmp_path / "round.txt").write_text(kept)
    assert selection_round(tmp_path, [str(path) for path in records]) == expected
