"""How the page looks: light, dark, narrow, printed. Pictures of each are in `build/report-page`."""

from pathlib import Path

import pytest
from PIL import Image

from leasehold.denials.model import Session

from .support import Window

CONTRAST = 4.5
"""Of text (WCAG 2.2, 1.4.3 Contrast, level AA)."""

OF_MARKS = 3.0
"""Of what is not text (WCAG 2.2, 1.4.11)."""

_SCRIPT = (Path(__file__).parent / "contrast.js").read_text()
_COLOURS = """
const style = (selector) => getComputedStyle(document.querySelector(selector));
const rgb = (css) => css.match(/\\d+/g).slice(0, 3).map(Number);
return {ground: rgb(style('body').backgroundColor), lease: rgb(style('.lease').fill),
        unexpected: rgb(style('.mark.unexpected').fill), allowed: rgb(style('.mark.allowed').fill),
        expected: rgb(style('.mark.expected').stroke)};
"""
_SHAPE = "return document.querySelector(`.mark.${arguments[0]}`).getAttribute('d')"
Colour = tuple[int, int, int]


def colours(window: Window) -> dict[str, Colour]:
    return {name: (value[0], value[1], value[2]) for name, value in window.run(_COLOURS).items()}


def pixels(picture: Image.Image, colour: Colour) -> int:
    near = [sum(abs(a - b) for a, b in zip(found, colour, strict=True)) <= 6 for _, found in _counted(picture)]
    return sum(count for (count, _), close in zip(_counted(picture), near, strict=True) if close)


def _counted(picture: Image.Image) -> list[tuple[int, Colour]]:
    found = picture.getcolors(picture.width * picture.height)
    assert found
    return [(count, (value[0], value[1], value[2])) for count, value in found if isinstance(value, tuple)]


def luminance(colour: Colour) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("name", "dark", "width"),
    [("light", False, 1280), ("dark", True, 1280), ("narrow", False, 340), ("narrow-dark", True, 340)],
)
def test_it_can_be_read(window: Window, page: Path, name: str, dark: bool, width: int) -> None:
    window.look(dark=dark, width=width)
    window.open(page)
    window.one(".number").click()
    picture = window.picture(name, whole=True)
    found = colours(window)
    assert (luminance(found["ground"]) < 0.05) is dark
    assert picture.getpixel((2, 2)) == found["ground"]
    faint = [(text, round(ratio, 2)) for text, ratio in window.run(_SCRIPT) if ratio < CONTRAST]
    assert faint == []
    for verdict in ("unexpected", "allowed", "expected"):
        assert pixels(picture, found[verdict]) > 50, verdict
        assert contrast(found[verdict], found["ground"]) >= OF_MARKS
    assert pixels(picture, found["lease"]) > 2000
    assert len({found[verdict] for verdict in ("unexpected", "allowed", "expected", "lease", "ground")}) == 5
    assert window.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert picture.width == width


@pytest.mark.parametrize("width", [1280, 1000, 340])
def test_words_without_an_end_make_nothing_wider(window: Window, page: Path, width: int) -> None:
    window.look(width=width)
    window.open(page)
    window.one("#test").send_keys("endless")
    window.one(".number").click()
    window.picture(f"endless-{width}")
    assert window.run("return document.documentElement.scrollWidth") == width


def test_verdicts_differ_by_shape_and_word_as_well(window: Window, page: Path) -> None:
    window.open(page)
    shapes = [window.run(_SHAPE, verdict) for verdict in ("unexpected", "allowed", "expected")]
    assert len(set(shapes)) == 3
    assert set(window.texts("#rows .verdict")) == {"◆ unexpected", "▲ allowed", "○ expected"}
    marks, bars = ("unexpected", "allowed", "expected"), ("revoked", "expired", "still open")
    words = [*(f"{verdict} denial" for verdict in marks), *(f"lease, {end}" for end in bars)]
    assert window.texts("#legend li") == words


def test_in_print_everything_is_there_and_no_control(window: Window, page: Path, told: Session) -> None:
    window.look(dark=True)
    window.open(page)
    text = window.printed("print")
    plain = "".join(text.split())
    for denial in told.denials[:-1]:
        assert "".join((denial.test or "").split()) in plain
        assert "".join(denial.reason.split()) in plain
    assert plain.count("Server'swords") == len(told.denials)
    assert "Testcontains" not in plain
    assert "Page1of" not in plain
    assert all("".join(notice.message.split()) in plain for notice in told.notices)
    window.wait(lambda: len(window.all("#rows .number")) == 50)  # and the screen is as it was


def test_a_printed_page_is_light(window: Window, page: Path) -> None:
    window.look(dark=True, media="print")
    window.open(page)
    window.picture("print-media", whole=True)
    assert luminance(colours(window)["ground"]) > 0.9
    assert [text for text, ratio in window.run(_SCRIPT) if ratio < CONTRAST] == []


def test_a_long_print_says_what_it_leaves_out(window: Window, large_page: Path) -> None:
    window.open(large_page)
    window.run("dispatchEvent(new Event('beforeprint'))")
    assert len(window.all("#rows .number")) == 1000
    assert window.one("#unprinted").text == "9,000 more denials not printed; denials.jsonl has all of them."
    window.run("dispatchEvent(new Event('afterprint'))")
    assert len(window.all("#rows .number")) == 50
