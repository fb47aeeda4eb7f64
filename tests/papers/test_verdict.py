"""Printed compared with recomputed values, within the tolerance that rounding implies."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.errors import UserError
from transfer.papers.verdict import (
    compare,
    compare_claims,
    compare_table,
    rounding_tolerance,
    with_digits_of,
)


@pytest.mark.parametrize(
    ("printed", "tolerance"),
    [("0.17", 0.005), ("0.9230", 0.00005), ("133", 0.5), ("4e-05", 5e-6), ("6.1E-05", 5e-7)],
)
def test_tolerance_is_half_a_unit_of_the_last_printed_digit(printed, tolerance):
    assert rounding_tolerance(printed) == pytest.approx(tolerance)


@given(st.floats(-1000, 1000), st.integers(0, 6))
def test_a_number_agrees_with_its_own_rounding_and_not_with_the_next(value, digits):
    printed = f"{value:.{digits}f}"
    unit = Decimal(1).scaleb(-digits)
    assert compare("t", "r", "c", printed, value).agrees
    for other in (Decimal(printed) + unit, Decimal(printed) - unit):
        far = abs(Decimal(value) - other) > unit * Decimal("0.50001")
        assert compare("t", "r", "c", str(other), value).agrees is not far


def test_edge_of_rounding_agrees_and_beyond_does_not():
    assert compare("t", "r", "c", "0.12", 0.125).agrees
    assert compare("t", "r", "c", "0.12", 0.115).agrees
    assert not compare("t", "r", "c", "0.12", 0.1251).agrees
    finding = compare("table02", "melanoma", "slope", "0.05", 0.0565)
    assert finding.difference == pytest.approx(0.0065) and not finding.agrees


@pytest.mark.parametrize(
    ("printed", "value", "shown"),
    [
        ("0.890", 0.8898, "0.890"),
        ("0.0000", 3.2e-06, "0.0000"),
        ("0.0000", -3.2e-06, "0.0000"),
        ("0.00004", 6.14e-05, "0.00006"),
        ("4e-05", 6.14e-05, "0.00006"),
        ("304", 86.57, "87"),
        ("-0.2", -0.1501, "-0.2"),
    ],
)
def test_a_recomputed_number_has_the_digits_of_the_printed_one(printed, value, shown):
    assert with_digits_of(printed, value) == shown
    assert compare("t", "r", "c", printed, value).published == printed


def test_tables_are_compared_by_key_and_by_the_columns_that_both_have():
    printed = pd.DataFrame({"dataset": ["b", "a"], "slope": ["0.10", "0.2"], "year": ["1", "2"]})
    recomputed = pd.DataFrame({"dataset": ["a", "b"], "slope": [0.31, 0.104], "p": [0.0, 0.0]})
    found = compare_table("table02", "dataset", printed, recomputed)
    assert [(f.row, f.column, f.agrees) for f in found] == [
        ("b", "slope", True),
        ("a", "slope", False),
    ]


def test_what_has_no_value_yet_is_not_compared():
    printed = pd.DataFrame({"model": ["a", "b"], "cars": ["80.1", "70.2"]})
    recomputed = pd.DataFrame({"model": ["a", "b"], "cars": [float("nan"), 70.2]})
    assert [(f.row, f.agrees) for f in compare_table("table03", "model", printed, recomputed)] == [
        ("b", True)
    ]


CLAIMS = pd.DataFrame(
    [
        {"id": "slope", "section": "1", "claim": "", "printed": "0.11"},
        {"id": "fact", "section": "6", "claim": "", "printed": ""},
    ]
)


def test_claims_are_numbers_or_facts():
    slope, fact = compare_claims(CLAIMS, {"slope": 0.1099, "fact": False})
    assert slope.agrees and slope.table == "section 1"
    assert not fact.agrees and (fact.published, fact.recomputed) == ("1", 0)


@pytest.mark.parametrize("recomputed", [{"slope": 0.1}, {"slope": 0.1, "fact": True, "new": True}])
def test_a_claim_that_only_one_side_knows_is_refused(recomputed):
    with pytest.raises(UserError, match=r"fact|new"):
        compare_claims(CLAIMS, recomputed)
