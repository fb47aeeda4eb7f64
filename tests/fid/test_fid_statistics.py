"""One-pass moments compared with numpy on all data at once; files exchanged with pytorch-fid."""

from pathlib import Path

import numpy as np
import pytest
from pytorch_fid.fid_score import compute_statistics_of_path

from transfer.errors import UserError
from transfer.fid.statistics import (
    Moments,
    merged,
    read_moments,
    read_statistics,
    write_moments,
    write_statistics,
)


def accumulated(sample: np.ndarray, sizes: list[int]) -> Moments:
    moments = Moments(sample.shape[1])
    for block in np.split(sample, np.cumsum(sizes)):
        moments.update(block)
    return moments


@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_equals_numpy_on_all_vectors(offset: float) -> None:
    sample = np.random.default_rng(0).standard_normal((501, 30)) + offset
    moments = accumulated(sample, [1, 100, 7, 0, 293])
    assert moments.n == 501
    np.testing.assert_allclose(moments.mean, sample.mean(axis=0), rtol=1e-13, atol=1e-15)
    # At 1e7 the vectors themselves carry 1e-9; a sum of squares would be off by 1e-2.
    np.testing.assert_allclose(moments.covariance(), np.cov(sample, rowvar=False), atol=1e-8)


def test_float32_features_are_summed_in_float64() -> None:
    sample = (np.random.default_rng(1).standard_normal((3000, 8)) + 300).astype(np.float32)
    moments = accumulated(sample, [50] * 59)
    expected = np.cov(sample.astype(np.float64), rowvar=False)
    np.testing.assert_allclose(moments.covariance(), expected, rtol=1e-10, atol=1e-12)


def test_the_order_of_merging_does_not_matter() -> None:
    sample = np.random.default_rng(2).standard_normal((90, 12)) * 5 + 3
    parts = [accumulated(part, []) for part in np.split(sample, [4, 40, 41])]
    for order in ([0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]):
        whole = merged(parts[i] for i in order)
        np.testing.assert_allclose(whole.mean, sample.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(whole.covariance(), np.cov(sample, rowvar=False), atol=1e-11)
    assert [part.n for part in parts] == [4, 36, 1, 49]


def test_pytorch_fid_reads_ours_and_we_read_theirs(tmp_path: Path) -> None:
    moments = accumulated(np.random.default_rng(3).standard_normal((60, 20)), [])
    write_statistics(tmp_path / "ours.npz", moments.mean, moments.covariance())
    mean, covariance = compute_statistics_of_path(str(tmp_path / "ours.npz"), None, 1, 20, "cpu")
    np.testing.assert_array_equal(mean, moments.mean)
    np.testing.assert_array_equal(covariance, moments.covariance())
    # The call of pytorch-fid's save_fid_stats.
    np.savez_compressed(tmp_path / "theirs.npz", mu=mean, sigma=covariance)
    for found, written in zip(
        read_statistics(tmp_path / "theirs.npz"), (mean, covariance), strict=True
    ):
        np.testing.assert_array_equal(found, written)


def test_moments_survive_the_disk(tmp_path: Path) -> None:
    sample = np.random.default_rng(4).standard_normal((30, 6))
    write_moments(tmp_path / "m.npz", [accumulated(sample[:9], []), Moments(6)], key="k", done=3)
    (first, second), extra = read_moments(tmp_path / "m.npz")
    assert extra == {"key": "k", "done": 3}
    assert second.n == 0
    first.update(sample[9:])
    np.testing.assert_allclose(first.covariance(), np.cov(sample, rowvar=False), atol=1e-12)


def test_refuses_what_is_no_statistics(tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    with pytest.raises(UserError, match="no such file"):
        read_statistics(path)
    for content in (
        {"mu": np.zeros(3)},
        {"mu": np.zeros(3), "sigma": np.eye(2)},
        {"mu": np.zeros(2), "sigma": np.full((2, 2), np.nan)},
    ):
        np.savez(path, **content)
        with pytest.raises(UserError, match=str(path)):
            read_statistics(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=str(path)):
        read_statistics(path)


def test_refuses_features_that_are_not_finite_and_single_images() -> None:
    moments = Moments(2)
    with pytest.raises(ValueError, match="finite"):
        moments.update(np.array([[1.0, np.inf]]))
    moments.update(np.ones((1, 2)))
    with pytest.raises(UserError, match="at least 2 images"):
        moments.covariance()
