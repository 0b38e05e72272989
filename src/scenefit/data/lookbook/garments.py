"""Each garment worn: painted on a figure, in a style."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from scenefit.data.lookbook.figure import BOTH, Body
from scenefit.data.lookbook.paint import Canvas, Point, around, mirrored
from scenefit.data.lookbook.style import Style

GOLD = (232, 200, 110)
PALE = (238, 236, 230)


def paint_top(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint a top: long sleeves in winter, buttons when formal."""
    for side in BOTH:
        shoulder, elbow = body.at(side * 0.46, 0.185), body.elbow(side)
        if style.winter:
            sleeve, cuff = [shoulder, elbow, _between(elbow, body.hand(side), 0.86)], 0.038
        else:
            end = _between(body.at(side * 0.52, 0.2), elbow, 0.85)
            sleeve, cuff = [shoulder, _between(body.at(side * 0.5, 0.2), end, 0.5), end], 0.05
        _paint_joint(canvas, shoulder, body.length(0.066), style, -0.1)
        canvas.limb(sleeve, body.lengths(0.066, 0.056, cuff), style, -0.1)
    hem = 0.5 if style.casual else 0.47
    left = [(-0.16, 0.155), (-0.5, 0.182), (-0.5, 0.3), (-0.42, 0.4), (-0.47, hem)]
    canvas.smooth(body.path([*left, (0, hem + 0.012), *mirrored(left), (0, 0.19)]), style)
    if not style.casual:
        canvas.line(body.path([(0, 0.19), (0, hem)]), style.colour(-0.3), 0.9)
        for down in np.linspace(0.23, hem - 0.04, 4).tolist():
            canvas.ellipse(body.at(0.03, down), (1.3, 1.3), style.colour(0.7))


def paint_trousers(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint trousers: wide when casual, narrow when formal; long in winter."""
    wide = 0.066 - 0.022 * style.formality
    for side in BOTH:
        end = _between(body.knee(side), body.foot(side), 0.93 if style.winter else 0.8)
        leg = [body.at(side * 0.22, 0.475), body.at(side * 0.22, 0.58), body.knee(side), end]
        canvas.limb(leg, body.lengths(0.088, 0.086, wide + 0.012, wide), style, -0.06 if side < 0 else 0)
    canvas.polygon(body.path([(-0.44, 0.455), (0.44, 0.455), (0.45, 0.55), (0, 0.585), (-0.45, 0.55)]), style)
    canvas.line(body.path([(-0.43, 0.462), (0.43, 0.462)]), style.colour(-0.4), 2.6)


def paint_skirt(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint a skirt: long in winter, flared when casual."""
    hem = 0.78 if style.winter else 0.66
    flare = 0.78 - 0.3 * style.formality
    right = [(0.42, 0.455), ((0.42 + flare) / 2, (0.46 + hem) / 2), (flare, hem)]
    canvas.smooth(body.path([*right, (0, hem + 0.014), *mirrored(right)]), style)
    for fold in (-0.4, 0.05, 0.45):
        canvas.line(body.path([(fold * 0.4, 0.52), (fold * flare, hem - 0.01)]), style.colour(-0.25), 1)


def paint_coat(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint an open coat: long in winter."""
    hem = 0.64 if style.winter else 0.52
    for side in BOTH:
        _paint_joint(canvas, body.at(side * 0.5, 0.195), body.length(0.078), style, -0.12)
        elbow = body.elbow(side)
        sleeve = [body.at(side * 0.5, 0.19), elbow, _between(elbow, body.hand(side), 0.88)]
        canvas.limb(sleeve, body.lengths(0.078, 0.066, 0.05), style, -0.12)
        outer, inner = [(0.13, 0.15), (0.56, 0.18), (0.56, 0.34), (0.6, hem)], [(0.3, hem + 0.01), (0.24, 0.4)]
        canvas.smooth(body.path([(side * x, y) for x, y in (*outer, *inner, (0.28, 0.26))]), style)
        lapel = [(side * 0.16, 0.165), (side * 0.31, 0.28), (side * 0.26, 0.42)]
        canvas.line(body.path(lapel), style.colour(-0.35), 1.6)


def paint_shoes(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint shoes: boots in winter, dark soles when formal."""
    unit = body.length(0.01)
    for side in BOTH:
        foot = body.foot(side)
        if style.winter:
            shaft = [(-2.4, -8), (2.4, -8), (2.6, 2), (-2.6, 2)]
            canvas.polygon(around(foot, unit, shaft), style, -0.08)
        upper = [(-2.6, -1.4), (2, -1.6), (6, 1.4), (6.6, 3.2), (-2.8, 3.2)]
        canvas.smooth(around(foot, unit, upper, side), style)
        sole = [(-2.8, 2.8), (6.6, 2.8), (6.4, 4.2), (-2.7, 4.2)]
        canvas.polygon(around(foot, unit, sole, side), PALE if style.casual else style.colour(-0.6))


def paint_bag(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint a bag in the freer hand: a tote when casual, a small bag with a flap when formal."""
    hand = body.hand(1 if body.right_arm >= body.left_arm else -1)
    unit = body.length(0.01)
    wide, half, drop = (6.6, 8.6, 4.5) if style.casual else (6.8, 5.0, 3)
    handle = [(-wide * 0.5, drop + 1), (-1.5, 1), (1.5, 1), (wide * 0.5, drop + 1)]
    canvas.line(around(hand, unit, handle), style.colour(-0.35), 1.9)
    low = drop + 2 * half
    bag = [(-wide, drop), (wide, drop), (wide * 0.88, low), (-wide * 0.88, low)]
    canvas.polygon(around(hand, unit, bag), style)
    if style.casual:
        seam = [(-wide * 0.97, drop + 2.2), (wide * 0.97, drop + 2.2)]
        canvas.line(around(hand, unit, seam), style.colour(-0.3), 1)
    else:
        canvas.polygon(around(hand, unit, [(-wide, drop), (wide, drop), (0, drop + half)]), style, -0.2)
        canvas.ellipse((hand[0], hand[1] + (drop + half * 0.95) * unit), (1.5, 1.5), GOLD)


def paint_hat(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint a hat: a beanie in winter, a brimmed hat otherwise."""
    head, size = body.head, body.size
    if style.winter:
        crown = [(-17, -8), (-15, -24), (0, -32), (15, -24), (17, -8), (0, -11)]
        canvas.smooth(around(head, size, crown), style)
        canvas.limb(around(head, size, [(-17, -9), (0, -12), (17, -9)]), [7 * size] * 3, style, -0.2)
    else:
        crown = [(-13, -12), (-11, -29), (0, -31), (11, -29), (13, -12)]
        canvas.smooth(around(head, size, crown), style)
        canvas.ellipse((head[0], head[1] - 13 * size), (29 * size, 5 * size), style, -0.1)
        canvas.line(around(head, size, [(-13, -17), (13, -17)]), style.colour(-0.55), 3)


def paint_sunglasses(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint sunglasses: round when casual."""
    head, size = body.head, body.size
    glass = style.colour(-0.75)
    for side in BOTH:
        if style.casual:
            middle = (head[0] + side * 7 * size, head[1] - 1 * size)
            canvas.ellipse(middle, (6.2 * size, 6 * size), style)
            canvas.ellipse(middle, (4.4 * size, 4.2 * size), glass)
        else:
            frame = [(1, -5.5), (14, -6.5), (12.5, 4), (2.5, 4)]
            canvas.polygon(around(head, size, frame, side), style)
            canvas.polygon(around(head, size, [(2.6, -3.6), (12, -4.4), (11, 2.4), (3.6, 2.4)], side), glass)
    canvas.line(around(head, size, [(-2, -3), (2, -3)]), style.colour(-0.2), 1.6)


WORN: Mapping[str, Callable[[Canvas, Body, Style], None]] = {
    "Shoes": paint_shoes,
    "Trousers": paint_trousers,
    "Skirts": paint_skirt,
    "Tops": paint_top,
    "Coats": paint_coat,
    "Hats": paint_hat,
    "Sunglasses": paint_sunglasses,
    "Bags": paint_bag,
}
"""Category -> how it is painted on a figure; what comes later lies over what comes before."""


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _paint_joint(canvas: Canvas, at: Point, width: float, style: Style, lighter: float) -> None:
    canvas.ellipse(at, (width / 2, width / 2), style, lighter)
