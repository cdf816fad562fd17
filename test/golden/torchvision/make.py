"""Writes made.png and made.json: what torchvision makes of one small picture. See README.md."""
import json
import math
import pathlib

from PIL import Image
from torchvision.transforms import InterpolationMode, TrivialAugmentWide
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op

WIDTH, HEIGHT, BINS = 38, 34, 31
FILL = [124, 116, 104]
FILTERS = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}


def value(x, y, channel):
    wave = math.sin(x * (0.3 + 0.2 * channel)) * math.cos(y * (0.5 - 0.1 * channel))
    return int(20 + 10 * channel + 95 * (1 + wave) + (x * 7 + y * 13 + channel * 5) % 9 // 8 * 6)


picture = Image.new("RGB", (WIDTH, HEIGHT))
picture.putdata([tuple(value(x, y, c) for c in range(3)) for y in range(HEIGHT) for x in range(WIDTH)])

space = TrivialAugmentWide()._augmentation_space(BINS)
strengths = {
    name: [int(m) if name.startswith("Translate") else round(m, 6) for m in magnitudes.tolist()]
    for name, (magnitudes, _) in space.items()
    if magnitudes.ndim > 0
}


def applied(name, magnitude):
    return _apply_op(picture, name, magnitude, interpolation=InterpolationMode.NEAREST, fill=FILL)


made = {"picture": picture}
for name, (magnitudes, signed) in space.items():
    if magnitudes.ndim == 0:
        made[f"{name} 0"] = applied(name, 0.0)
        continue
    for bin, sign in [(8, 1), (17, -1), (30, 1)]:
        made[f"{name} {bin if not signed or sign > 0 else -bin}"] = applied(
            name, float(magnitudes[bin]) * (sign if signed else 1)
        )
for size, deviation in [(3, 0.5), (9, 1.3), (9, 2.0), (23, 6.0)]:
    made[f"blur {size} {deviation}"] = F.gaussian_blur(picture, [size, size], [deviation, deviation])
# Left, top, width, height: reduced in both directions, in one alone, enlarged, whole, a strip, one pixel high.
for box in [(3, 2, 30, 29), (0, 5, 38, 9), (20, 20, 7, 6), (0, 0, 38, 34), (30, 1, 5, 33), (6, 33, 25, 1)]:
    left, top, width, height = box
    for name, filter in FILTERS.items():
        crop = F.resized_crop(picture, top, left, height, width, [16, 16], filter)
        made[f"crop {name} {' '.join(map(str, box))}"] = crop

# One picture below the other, each from the left edge.
sheet = Image.new("RGB", (WIDTH, sum(image.height for image in made.values())))
at, rows = 0, {}
for name, image in made.items():
    sheet.paste(image, (0, at))
    rows[name] = [at, image.width, image.height]
    at += image.height
here = pathlib.Path(__file__)
sheet.save(here.with_name("made.png"), optimize=True)
lines = lambda table: ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
here.with_name("made.json").write_text(
    '{\n "strengths": {\n' + lines(strengths) + '\n },\n "rows": {\n' + lines(rows) + "\n }\n}\n"
)
