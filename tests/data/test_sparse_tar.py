"""Tar archives of sparse files, whose stated size exceeds the bytes they contain."""

import io
import tarfile
from pathlib import Path

import pytest

from transfer.data import archives
from transfer.errors import UserError

STORED = b"photo" * 100


def pax_sparse(path: Path, stated: int, mode: str) -> Path:
    """A file of `stated` bytes, of which the archive holds 500 (GNU's PAX format 0.1)."""
    info = tarfile.TarInfo("images/1.jpg")
    info.size = len(STORED)
    info.pax_headers = {
        "GNU.sparse.size": str(stated),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"0,{len(STORED)}",
    }
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        archive.addfile(info, io.BytesIO(STORED))
    return path


# The first would fit into the archive, which is padded to 10,240 bytes.
@pytest.mark.parametrize("stated", [900, 2**40])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_sparse_file_is_refused(tmp_path: Path, stated: int, mode: str) -> None:
    path = pax_sparse(tmp_path / "a.tar", stated, mode)
    with tarfile.open(path) as archive:
        assert archive.getmember("images/1.jpg").issparse()
    with pytest.raises(UserError, match=r"images/1\.jpg.* states more bytes than"):
        archives.extract(path, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]
