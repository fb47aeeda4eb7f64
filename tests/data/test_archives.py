"""Archives with unsafe paths, excessive expansion or damage."""

import io
import os
import random
import tarfile
import zipfile
from pathlib import Path

import pytest

from transfer.data import archives
from transfer.errors import UserError

PHOTO = os.urandom(5000)


def zip_with(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2750/Forest/1.jpg", PHOTO)
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return path


def tar_with(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info, content in ((tarfile.TarInfo("images/1.jpg"), PHOTO), *members):
            if content:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def assert_refused(archive: Path, tmp_path: Path, reason: str) -> None:
    """The archive is refused and nothing new lies anywhere."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=reason) as caught:
        archives.extract(archive, tmp_path / "inside" / "out")
    assert archive.name in str(caught.value)
    after = [path for path in sorted(tmp_path.rglob("*")) if path != tmp_path / "inside"]
    assert after == before


NAMES = [
    ("../evil", "'..'"),
    ("images/../../evil", "'..'"),
    ("..\\evil", "'..'"),
    ("/tmp/evil", "absolute"),
    ("C:\\evil", "absolute"),
]


@pytest.mark.parametrize(("name", "reason"), NAMES)
def test_zip_member_outside(tmp_path: Path, name: str, reason: str) -> None:
    archive = zip_with(tmp_path / "a.zip", (name, b"evil"))
    assert_refused(archive, tmp_path, reason)
    with pytest.raises(UserError, match=reason):
        archives.zip_members(archive)


@pytest.mark.parametrize(("name", "reason"), NAMES)
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_member_outside(tmp_path: Path, name: str, reason: str, mode: str) -> None:
    archive = tar_with(tmp_path / "a.tar", (tarfile.TarInfo(name), b"evil"), mode=mode)
    assert_refused(archive, tmp_path, reason)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../passwd", "images/../../../passwd"])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_tar_link_outside(tmp_path: Path, target: str, kind: bytes) -> None:
    archive = tar_with(tmp_path / "a.tar.gz", (link("images/evil", target, kind), b""))
    assert_refused(archive, tmp_path, "links out of its folder")


def test_tar_link_inside_is_left_out(tmp_path: Path) -> None:
    members = [
        (link("images/again.jpg", "1.jpg", tarfile.SYMTYPE), b""),
        (link("images/twin.jpg", "images/1.jpg", tarfile.LNKTYPE), b""),
    ]
    archives.extract(tar_with(tmp_path / "a.tar.gz", *members), tmp_path / "out")
    assert files(tmp_path / "out") == [tmp_path / "out" / "images" / "1.jpg"]


def test_tar_member_behind_a_link(tmp_path: Path) -> None:
    members = [
        (link("images/door", ".", tarfile.SYMTYPE), b""),
        (tarfile.TarInfo("images/door/2.jpg"), b"evil"),
    ]
    assert_refused(tar_with(tmp_path / "a.tar", *members), tmp_path, "through a symbolic link")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_tar_device(tmp_path: Path, kind: bytes) -> None:
    archive = tar_with(tmp_path / "a.tar.gz", (link("images/null", "", kind), b""))
    assert_refused(archive, tmp_path, "device")


def test_zip_symbolic_link(tmp_path: Path) -> None:
    archive = zip_with(tmp_path / "a.zip", (zip_link("2750/evil"), b"/etc/passwd"))
    assert_refused(archive, tmp_path, "symbolic link")


@pytest.mark.parametrize("suffix", ["zip", "tar.gz"])
def test_bomb(tmp_path: Path, suffix: str) -> None:
    path, zeros = tmp_path / f"a.{suffix}", bytes(80 * 2**20)
    if suffix == "zip":
        zip_with(path, ("zeros", zeros))
    else:
        tar_with(path, (tarfile.TarInfo("zeros"), zeros), mode=f"w:{suffix[4:]}")
    assert_refused(path, tmp_path, "more than 100 times its packed size")


def test_bomb_of_many_small_members(tmp_path: Path) -> None:
    members = [(f"{number}", bytes(2**20)) for number in range(70)]
    assert_refused(zip_with(tmp_path / "a.zip", *members), tmp_path, "packed size")


def test_zip_that_understates_a_member_gives_no_more(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", ("zeros", bytes(5 * 2**20)))
    content = path.read_bytes()
    size = (5 * 2**20).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (1000).to_bytes(4, "little")))
    assert_refused(path, tmp_path, "damaged")


def test_tar_member_that_overstates_its_size(tmp_path: Path) -> None:
    info = tarfile.TarInfo("images/2.jpg")
    info.size = 2**40
    path = tmp_path / "a.tar"
    path.write_bytes(info.tobuf() + PHOTO)
    with pytest.raises(UserError):
        archives.tar_members(path)


@pytest.mark.parametrize("suffix", ["zip", "tar", "tar.gz"])
def test_true_archives_come_out_whole(tmp_path: Path, suffix: str) -> None:
    table = "id,label\n" + "".join(f"image_{i},{random.random()}\n" for i in range(9000))
    path = tmp_path / f"a.{suffix}"
    if suffix == "zip":
        zip_with(path, ("labels.csv", table.encode()))
    else:
        mode = "w" if suffix == "tar" else "w:gz"
        tar_with(path, (tarfile.TarInfo("labels.csv"), table.encode()), mode=mode)
    archives.extract(path, tmp_path / "out")
    found = {str(p.relative_to(tmp_path / "out")): p.read_bytes() for p in files(tmp_path / "out")}
    photo = "2750/Forest/1.jpg" if suffix == "zip" else "images/1.jpg"
    assert found == {photo: PHOTO, "labels.csv": table.encode()}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_many_alike_small_images_are_no_bomb(tmp_path: Path) -> None:
    members = [(tarfile.TarInfo(f"images/{number}.jpg"), PHOTO[:800]) for number in range(8000)]
    path = tar_with(tmp_path / "a.tar.gz", *members)
    archives.decompress(path, tmp_path / "a.tar")
    assert len(archives.tar_members(tmp_path / "a.tar")) == 8001


def test_plain_tar_members_lie_where_stated(tmp_path: Path) -> None:
    path = tar_with(tmp_path / "a.tar", mode="w")
    [member] = archives.tar_members(path)
    content = path.read_bytes()
    assert content[member.offset_data : member.offset_data + member.size] == PHOTO


def test_archive_inside_an_archive(tmp_path: Path) -> None:
    inner = zip_with(tmp_path / "train.zip")
    outer = zip_with(tmp_path / "outer.zip", ("train.zip", inner.read_bytes()))
    archives.copy_member(outer, "train.zip", tmp_path / "copy.zip")
    assert [member.filename for member in archives.zip_members(tmp_path / "copy.zip")] == [
        "2750/Forest/1.jpg"
    ]
    with pytest.raises(UserError, match="no member"):
        archives.copy_member(outer, "test.zip", tmp_path / "test.zip")
    assert not (tmp_path / "test.zip").exists()


@pytest.mark.parametrize("suffix", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_cut_off_archive_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "zip":
        zip_with(path)
    else:
        tar_with(path, mode="w" if suffix == "tar" else f"w:{suffix[4:]}")
    path.write_bytes(path.read_bytes()[:3000])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=r"damaged|states more"):
        archives.extract(path, tmp_path / "out")
    assert sorted(tmp_path.rglob("*")) == before


def test_encrypted_zip(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="encrypted"):
        archives.zip_members(path)
