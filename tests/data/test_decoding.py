import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from stand_ins import encoded, jpeg, photograph
from torchvision import transforms

from transfer.data import decoding as images


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(images.decode(data))


@pytest.mark.parametrize("size", [224, 256, 64])
@pytest.mark.parametrize(
    "shape",
    [(1024, 747), (747, 1024), (256, 256), (300, 224), (225, 224), (500, 375), (333, 500), (80, 61),
     (64, 64), (8, 8), (257, 256), (1000, 40), (224, 301)],
)  # fmt: skip
def test_evaluation_images_are_those_of_torchvision(shape, size):
    image = photograph(sum(shape), *shape)
    expected = transforms.Compose([transforms.Resize(size), transforms.CenterCrop(size)])(image)
    made = images.evaluation_image(image, size)
    assert made.size == (size, size)
    np.testing.assert_array_equal(np.asarray(made), np.asarray(expected))


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "YCbCr"])
def test_colour_modes_come_out_as_rgb(mode):
    kind = {"CMYK": "JPEG", "YCbCr": "TIFF"}.get(mode, "PNG")
    image = photograph(1, 64, 48).convert(mode)
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    found = pixels(encoded(image, kind, **options)).astype(int)
    expected = np.asarray(image.convert("RGB")).astype(int)
    assert found.shape == (48, 64, 3)
    assert np.abs(found - expected).mean() < (3 if kind == "JPEG" else 0.01)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(kind):
    grey = np.array([[0, 257, 256 * 100, 65535, 40000, 128]], dtype=np.uint16)
    found = pixels(encoded(Image.fromarray(grey), kind))
    assert found[0, :, 0].tolist() == [round(v / 257) for v in grey[0].tolist()]
    assert (found[..., 0] == found[..., 2]).all()


def test_transparent_pixels_lie_on_white():
    colours = np.zeros((1, 3, 4), dtype=np.uint8)
    colours[0, :, 0] = 200
    colours[0, :, 3] = (255, 0, 128)
    found = pixels(encoded(Image.fromarray(colours, "RGBA"), "PNG"))
    assert found[0, 0].tolist() == [200, 0, 0]
    assert found[0, 1].tolist() == [255, 255, 255]
    assert 120 <= found[0, 2, 1] <= 135


def test_palette_with_a_transparent_colour_lies_on_white():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    found = pixels(encoded(image, "PNG", transparency=0))
    assert found[0].tolist() == [[255, 255, 255], [40, 50, 60]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    upright = photograph(3, 64, 40)
    back = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    turned = upright if back is None else upright.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = pixels(encoded(turned, "PNG", exif=exif))
    np.testing.assert_array_equal(found, np.asarray(upright))


def test_broken_exif_does_not_spoil_the_image():
    data = encoded(photograph(4), "JPEG", exif=b"Exif\0\0II*\0" + b"\xff" * 40)
    assert pixels(data).shape == (30, 40, 3)


@pytest.mark.parametrize("keep", [0, 10, 300, -40])
def test_truncated_files_are_refused(keep):
    with pytest.raises(images.ImageError):
        images.decode(jpeg(5, 200, 150)[:keep])


def test_something_else_is_refused():
    with pytest.raises(images.ImageError, match="not a readable image"):
        images.decode(b"<html>404</html>" * 50)


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    png = bytearray(encoded(Image.new("L", (10, 10)), "PNG"))
    png[16:24] = struct.pack(">II", 14_000, 14_000)
    png[29:33] = struct.pack(">I", zlib.crc32(bytes(png[12:29])))
    with pytest.raises(images.ImageError, match="196000000 pixels"):
        images.decode(bytes(png))


def test_float_pixels_are_refused():
    buffer = io.BytesIO()
    Image.fromarray(np.ones((4, 4), dtype=np.float32)).save(buffer, "TIFF")
    with pytest.raises(images.ImageError, match="range"):
        images.decode(buffer.getvalue())


def test_shrinking_keeps_the_aspect_and_never_enlarges():
    assert images.shrink(photograph(0, 1024, 747), 368).size == (504, 368)
    assert images.shrink(photograph(0, 300, 1000), 368).size == (300, 1000)
    assert images.shrink(photograph(0, 64, 64), 368).size == (64, 64)
    assert images.shrink(photograph(0, 1024, 747), "original").size == (1024, 747)


@pytest.mark.parametrize("size", [224, 256, 512])
def test_no_allowed_crop_enlarges_from_the_needed_short_side(size):
    side = images.needed_short_side(size)
    narrowest = np.sqrt(0.65 * side * side * 3 / 4)
    assert narrowest >= size
    assert np.sqrt(0.65 * (side - 8) ** 2 * 3 / 4) < size


def test_the_default_short_side():
    assert images.needed_short_side(256) == 368
