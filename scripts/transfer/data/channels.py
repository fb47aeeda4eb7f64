"""Images whose channels are separate files: four greyscale images of a microscope."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from transfer.data.decoding import ImageError
from transfer.data.members import Member

CHANNELS = ("red", "green", "blue", "yellow")


@dataclass(frozen=True)
class StackedChannels:
    """Four greyscale images combined into one RGB image; `mix` is red_green_blue (yellow is
    ignored) or yellow_to_red_green (yellow is averaged into both)."""

    name: str
    parts: tuple[Member, ...]
    mix: str

    def load(self) -> Image.Image:
        """Load the RGB image; ImageError naming a channel that is missing, damaged or too small."""
        used = CHANNELS if self.mix == "yellow_to_red_green" else CHANNELS[:3]
        planes = {}
        for channel, part in zip(CHANNELS, self.parts, strict=True):
            if channel in used:
                try:
                    planes[channel] = np.asarray(part.load().getchannel(0), dtype=np.uint16)
                except ImageError as error:
                    raise ImageError(f"{channel}: {error}") from None
        if len({plane.shape for plane in planes.values()}) > 1:
            raise ImageError("its channels differ in size")
        red, green, blue = (planes[channel] for channel in CHANNELS[:3])
        if self.mix == "yellow_to_red_green":
            red, green = ((plane + planes["yellow"] + 1) // 2 for plane in (red, green))
        return Image.fromarray(np.stack([red, green, blue], axis=-1).astype(np.uint8))
