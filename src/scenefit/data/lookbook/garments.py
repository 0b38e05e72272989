"""Each garment worn: painted on a figure, in a style."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from scenefit.data.lookbook.accessories import GOLD, paint_bag, paint_hat, paint_shoes, paint_sunglasses
from scenefit.data.lookbook.figure import BOTH, Body
from scenefit.data.lookbook.paint import Canvas, Point, mirrored
from scenefit.data.lookbook.style import Style


def paint_top(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint a top: long sleeves in winter, buttons when formal."""
    _paint_sleeves(canvas, body, style, 0.85)
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


def paint_dress(canvas: Canvas, body: Body, style: Style) -> None:
    """Paint a dress: longer, with long sleeves, in winter; flared when casual, narrow with a belt when formal."""
    _paint_sleeves(canvas, body, style, 0.6)
    hem = 0.71 if style.winter else 0.64
    flare = 0.84 - 0.3 * style.formality
    bodice = [(-0.16, 0.155), (-0.5, 0.182), (-0.47, 0.3), (-0.39, 0.425)]
    left = [*bodice, (-(0.43 + flare) / 2, (0.43 + hem) / 2), (-flare, hem)]
    canvas.smooth(body.path([*left, (0, hem + 0.014), *mirrored(left), (0, 0.205)]), style)
    if style.casual:
        canvas.line(body.path([(-0.39, 0.43), (0, 0.437), (0.39, 0.43)]), style.colour(-0.3), 1.4)
        for fold in (-0.55, -0.2, 0.2, 0.55):
            canvas.line(body.path([(fold * 0.5, 0.46), (fold * flare, hem - 0.01)]), style.colour(-0.25), 1)
    else:
        canvas.limb(body.path([(-0.39, 0.43), (0, 0.436), (0.39, 0.43)]), body.lengths(*[0.02] * 3), style.colour(-0.5))
        canvas.ellipse(body.at(0, 0.436), (body.length(0.011), body.length(0.009)), GOLD)


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


WORN: Mapping[str, Callable[[Canvas, Body, Style], None]] = {
    "Shoes": paint_shoes,
    "Trousers": paint_trousers,
    "Skirts": paint_skirt,
    "Tops": paint_top,
    "Dresses": paint_dress,
    "Coats": paint_coat,
    "Hats": paint_hat,
    "Sunglasses": paint_sunglasses,
    "Bags": paint_bag,
}
"""Category -> how it is painted on a figure; what comes later lies over what comes before."""


def _paint_sleeves(canvas: Canvas, body: Body, style: Style, short: float) -> None:
    """Paint sleeves: long in winter, otherwise down to a share of the upper arm."""
    for side in BOTH:
        shoulder, elbow = body.at(side * 0.46, 0.185), body.elbow(side)
        if style.winter:
            sleeve, cuff = [shoulder, elbow, _between(elbow, body.hand(side), 0.86)], 0.038
        else:
            end = _between(body.at(side * 0.52, 0.2), elbow, short)
            sleeve, cuff = [shoulder, _between(body.at(side * 0.5, 0.2), end, 0.5), end], 0.05
        _paint_joint(canvas, shoulder, body.length(0.066), style, -0.1)
        canvas.limb(sleeve, body.lengths(0.066, 0.056, cuff), style, -0.1)


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _paint_joint(canvas: Canvas, at: Point, width: float, style: Style, lighter: float) -> None:
    canvas.ellipse(at, (width / 2, width / 2), style, lighter)
