"""Each garment alone, laid flat as a catalog shows it, in [0, 1] across and down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from scenefit.data.lookbook.accessories import GOLD
from scenefit.data.lookbook.accessories_catalog import show_bag, show_hat, show_shoes, show_sunglasses
from scenefit.data.lookbook.board import Board
from scenefit.data.lookbook.figure import BOTH
from scenefit.data.lookbook.paint import mirrored
from scenefit.data.lookbook.style import Style


def show_top(board: Board, style: Style) -> None:
    """Show a top: long sleeves in winter, buttons when formal."""
    hem = 0.86
    for side in BOTH:
        if style.winter:
            sleeve, widths = [(0.5 + side * 0.2, 0.2), (0.5 + side * 0.34, 0.45)], [0.15, 0.13, 0.1]
            board.band([*sleeve, (0.5 + side * 0.36, 0.74)], widths, style, -0.1)
        else:
            sleeve, widths = [(0.5 + side * 0.2, 0.2), (0.5 + side * 0.33, 0.31)], [0.16, 0.16, 0.15]
            board.band([*sleeve, (0.5 + side * 0.41, 0.4)], widths, style, -0.1)
    left = [(0.42, 0.13), (0.26, 0.18), (0.27, 0.5), (0.25, hem)]
    board.smooth([*left, (0.5, hem + 0.02), *mirrored(left, 0.5), (0.5, 0.2)], style)
    if not style.casual:
        board.line([(0.5, 0.2), (0.5, hem)], style.colour(-0.3), 1.2)
        for down in np.linspace(0.3, 0.78, 5).tolist():
            board.ellipse((0.515, down), (0.011, 0.011), style.colour(0.7))


def show_trousers(board: Board, style: Style) -> None:
    """Show trousers: wide when casual, narrow when formal; long in winter."""
    wide = 0.17 - 0.06 * style.formality
    end = 0.94 if style.winter else 0.82
    for side in BOTH:
        leg = [(0.5 + side * 0.1, 0.1), (0.5 + side * 0.13, 0.4), (0.5 + side * 0.16, end)]
        board.band(leg, [0.23, 0.2, wide], style, -0.06 if side < 0 else 0)
    board.polygon([(0.3, 0.07), (0.7, 0.07), (0.73, 0.3), (0.5, 0.36), (0.27, 0.3)], style)
    board.line([(0.3, 0.1), (0.7, 0.1)], style.colour(-0.4), 3)
    board.line([(0.5, 0.1), (0.5, 0.34)], style.colour(-0.35), 1.2)


def show_skirt(board: Board, style: Style) -> None:
    """Show a skirt: long in winter, flared when casual."""
    hem = 0.92 if style.winter else 0.74
    flare = 0.38 - 0.14 * style.formality
    right = [(0.66, 0.12), (0.5 + (0.16 + flare) / 2 + 0.02, (0.12 + hem) / 2), (0.5 + flare, hem)]
    board.smooth([*right, (0.5, hem + 0.03), *mirrored(right, 0.5)], style)
    board.polygon([(0.335, 0.1), (0.665, 0.1), (0.67, 0.17), (0.33, 0.17)], style, -0.3)
    for fold in (-0.5, 0, 0.5):
        board.line([(0.5 + fold * 0.2, 0.2), (0.5 + fold * flare * 1.3, hem - 0.03)], style.colour(-0.25), 1.1)


def show_dress(board: Board, style: Style) -> None:
    """Show a dress: longer, with long sleeves, in winter; flared when casual, narrow with a belt when formal."""
    hem = 0.93 if style.winter else 0.78
    flare = 0.36 - 0.17 * style.formality
    for side in BOTH:
        if style.winter:
            sleeve, widths = [(0.5 + side * 0.13, 0.12), (0.5 + side * 0.25, 0.3)], [0.1, 0.09, 0.07]
            board.band([*sleeve, (0.5 + side * 0.3, 0.52)], widths, style, -0.1)
        else:
            sleeve, widths = [(0.5 + side * 0.13, 0.12), (0.5 + side * 0.2, 0.17)], [0.11, 0.11, 0.1]
            board.band([*sleeve, (0.5 + side * 0.26, 0.23)], widths, style, -0.1)
    board.ellipse((0.5, 0.1), (0.048, 0.045), style.colour(-0.5))
    left = [(0.44, 0.06), (0.34, 0.1), (0.36, 0.24), (0.385, 0.37), (0.49 - flare * 0.7, 0.6), (0.5 - flare, hem)]
    board.smooth([*left, (0.5, hem + 0.02), *mirrored(left, 0.5), (0.5, 0.13)], style)
    if style.casual:
        board.line([(0.385, 0.37), (0.5, 0.38), (0.615, 0.37)], style.colour(-0.3), 1.6)
        for fold in (-0.6, -0.2, 0.2, 0.6):
            board.line([(0.5 + fold * 0.14, 0.41), (0.5 + fold * flare, hem - 0.02)], style.colour(-0.25), 1.1)
    else:
        board.band([(0.385, 0.37), (0.5, 0.38), (0.615, 0.37)], [0.04] * 3, style.colour(-0.5))
        board.ellipse((0.5, 0.38), (0.025, 0.022), GOLD)


def show_coat(board: Board, style: Style) -> None:
    """Show a closed coat: long in winter."""
    hem = 0.94 if style.winter else 0.72
    for side in BOTH:
        sleeve = [(0.5 + side * 0.21, 0.19), (0.5 + side * 0.33, 0.45), (0.5 + side * 0.36, 0.72)]
        board.band(sleeve, [0.17, 0.15, 0.12], style, -0.12)
    left = [(0.4, 0.1), (0.25, 0.17), (0.26, 0.5), (0.22, hem)]
    board.smooth([*left, (0.5, hem + 0.01), *mirrored(left, 0.5), (0.5, 0.14)], style)
    board.line([(0.5, 0.3), (0.5, hem)], style.colour(-0.45), 1.6)
    for side in BOTH:
        board.polygon([(0.5, 0.32), (0.5 + side * 0.1, 0.1), (0.5 + side * 0.17, 0.2)], style, -0.25)
    for down in np.linspace(0.4, hem - 0.14, 4).tolist():
        board.ellipse((0.53, down), (0.014, 0.014), style.colour(-0.6))


SHOWN: Mapping[str, Callable[[Board, Style], None]] = {
    "Tops": show_top,
    "Trousers": show_trousers,
    "Skirts": show_skirt,
    "Dresses": show_dress,
    "Coats": show_coat,
    "Shoes": show_shoes,
    "Bags": show_bag,
    "Hats": show_hat,
    "Sunglasses": show_sunglasses,
}
"""Category -> how its catalog photo is drawn."""
