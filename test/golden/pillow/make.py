"""Writes transforms.json: what Pillow makes of one small picture. python3 test/golden/pillow/make.py (Pillow 9.4)."""
import base64
import json
import math
import pathlib

from PIL import Image, ImageEnhance, ImageOps

WIDTH, HEIGHT = 25, 18
FILL = (124, 116, 104)


def value(x, y, channel):
    wave = math.sin(x * (0.3 + 0.2 * channel)) * math.cos(y * (0.5 - 0.1 * channel))
    return int(20 + 10 * channel + 100 * (1 + wave) * 0.95 + (x * 7 + y * 13 + channel * 5) % 9)


picture = Image.new("RGB", (WIDTH, HEIGHT))
picture.putdata([tuple(value(x, y, c) for c in range(3)) for y in range(HEIGHT) for x in range(WIDTH)])


def affine(data, resample=Image.BICUBIC):
    return picture.transform(picture.size, Image.AFFINE, data, resample=resample, fillcolor=FILL)


def hue(turn):
    h, s, v = picture.convert("HSV").split()
    return Image.merge("HSV", (h.point([(i + int(turn * 255)) % 256 for i in range(256)]), s, v)).convert("RGB")


def grey():
    one = picture.convert("L")
    return Image.merge("RGB", (one, one, one))


def padded(side):
    width, height = side, round(HEIGHT * side / WIDTH)
    square = Image.new("RGB", (side, side))
    square.paste(picture.resize((width, height), Image.BILINEAR), (0, (side - height) // 2))
    return square


made = {
    "auto-contrast": ImageOps.autocontrast(picture),
    "equalize": ImageOps.equalize(picture),
    "invert": ImageOps.invert(picture),
    "rotate 27": picture.rotate(27, resample=Image.BICUBIC, fillcolor=FILL),
    "rotate -27": picture.rotate(-27, resample=Image.BICUBIC, fillcolor=FILL),
    "rotate 27 bilinear": picture.rotate(27, resample=Image.BILINEAR, fillcolor=FILL),
    "rotate 27 nearest": picture.rotate(27, resample=Image.NEAREST, fillcolor=FILL),
    "posterize 1": ImageOps.posterize(picture, 1),
    "solarize 26": ImageOps.solarize(picture, 26),
    "solarize-add 99": picture.point([min(255, i + 99) if i < 128 else i for i in range(256)] * 3),
    "colour 1.81": ImageEnhance.Color(picture).enhance(1.81),
    "colour 0.19": ImageEnhance.Color(picture).enhance(0.19),
    "contrast 1.81": ImageEnhance.Contrast(picture).enhance(1.81),
    "contrast 0.19": ImageEnhance.Contrast(picture).enhance(0.19),
    "brightness 1.81": ImageEnhance.Brightness(picture).enhance(1.81),
    "brightness 0.19": ImageEnhance.Brightness(picture).enhance(0.19),
    "sharpness 1.81": ImageEnhance.Sharpness(picture).enhance(1.81),
    "sharpness 0.19": ImageEnhance.Sharpness(picture).enhance(0.19),
    "shear-x 0.27": affine((1, 0.27, 0, 0, 1, 0)),
    "shear-y -0.27": affine((1, 0, 0, -0.27, 1, 0)),
    "translate-x 0.405": affine((1, 0, 0.405 * WIDTH, 0, 1, 0)),
    "translate-y -0.405": affine((1, 0, 0, 0, 1, -0.405 * HEIGHT)),
    "hue 0.1": hue(0.1),
    "hue -0.3": hue(-0.3),
    "grey": grey(),
    "pad 20": padded(20),
}

code = lambda image: base64.b64encode(image.tobytes()).decode()
written = {"width": WIDTH, "height": HEIGHT, "picture": code(picture), "made": {k: code(v) for k, v in made.items()}}
pathlib.Path(__file__).with_name("transforms.json").write_text(json.dumps(written, indent=1) + "\n")
