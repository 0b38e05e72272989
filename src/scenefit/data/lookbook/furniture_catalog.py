"""Each piece of furniture alone, as a catalog shows it, in [0, 1] across and down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from scenefit.data.lookbook.board import Board
from scenefit.data.lookbook.furniture import GLASS, GLINT, METAL, ROD, WOOD
from scenefit.data.lookbook.style import Style


def show_curtains(board: Board, style: Style) -> None:
    """Show a closed pair of curtains: long in winter."""
    low = 0.94 if style.winter else 0.76
    board.line([(0.06, 0.08), (0.94, 0.08)], ROD, 4)
    board.polygon([(0.16, 0.09), (0.84, 0.09), (0.87, low), (0.13, low)], style)
    for fold in np.linspace(0.24, 0.78, 6).tolist():
        board.line([(fold, 0.1), (fold + (fold - 0.5) * 0.06, low - 0.01)], style.colour(-0.22), 1.8)


def show_mirror(board: Board, style: Style) -> None:
    """Show a mirror: round when casual."""
    if style.casual:
        board.ellipse((0.5, 0.5), (0.42, 0.42), style)
        board.ellipse((0.5, 0.5), (0.33, 0.33), GLASS)
        board.line([(0.34, 0.56), (0.56, 0.32)], GLINT, 5)
    else:
        board.rectangle((0.14, 0.08, 0.86, 0.92), style)
        board.rectangle((0.22, 0.16, 0.78, 0.84), GLASS)
        board.line([(0.34, 0.6), (0.56, 0.32)], GLINT, 5)


def show_rug(board: Board, style: Style) -> None:
    """Show a rug from above: round when casual."""
    if style.casual:
        board.ellipse((0.5, 0.5), (0.43, 0.43), style)
        if style.plain:
            board.ellipse((0.5, 0.5), (0.385, 0.385), style, 0.12)
    else:
        board.rectangle((0.2, 0.06, 0.8, 0.94), style)
        border = [(0.24, 0.1), (0.76, 0.1), (0.76, 0.9), (0.24, 0.9), (0.24, 0.1)]
        board.line(border, style.colour(-0.35), 2.4)


def show_sofa(board: Board, style: Style) -> None:
    """Show a sofa: back, arms, seat and feet."""
    board.polygon([(0.12, 0.3), (0.88, 0.3), (0.9, 0.6), (0.1, 0.6)], style, -0.1)
    board.smooth([(0.04, 0.44), (0.14, 0.4), (0.18, 0.5), (0.18, 0.74), (0.04, 0.74)], style, -0.18)
    board.smooth([(0.82, 0.5), (0.86, 0.4), (0.96, 0.44), (0.96, 0.74), (0.82, 0.74)], style, -0.18)
    board.polygon([(0.17, 0.54), (0.83, 0.54), (0.84, 0.7), (0.16, 0.7)], style)
    board.line([(0.5, 0.54), (0.5, 0.7)], style.colour(-0.3), 2)
    board.rectangle((0.1, 0.7, 0.9, 0.75), style, -0.25)
    for x in (0.13, 0.87):
        board.polygon([(x - 0.02, 0.75), (x + 0.02, 0.75), (x + 0.012, 0.82), (x - 0.012, 0.82)], WOOD)


def show_cushion(board: Board, style: Style) -> None:
    """Show one cushion."""
    upper = [(0.14, 0.14), (0.5, 0.2), (0.86, 0.13), (0.8, 0.5)]
    board.smooth([*upper, (0.87, 0.86), (0.5, 0.8), (0.13, 0.87), (0.2, 0.5)], style)
    board.line([(0.2, 0.2), (0.2, 0.8)], style.colour(-0.2), 1)


def show_lamp(board: Board, style: Style) -> None:
    """Show a standing lamp: a globe when casual, a shade when formal."""
    board.line([(0.5, 0.9), (0.5, 0.36)], METAL, 4)
    board.ellipse((0.5, 0.91), (0.15, 0.04), METAL)
    if style.casual:
        board.ellipse((0.5, 0.26), (0.22, 0.2), style, 0.08)
    else:
        board.polygon([(0.36, 0.06), (0.64, 0.06), (0.76, 0.42), (0.24, 0.42)], style, 0.08)


def show_chair(board: Board, style: Style) -> None:
    """Show an armchair: a round back when casual."""
    board.line([(0.3, 0.66), (0.25, 0.94)], WOOD, 5)
    board.line([(0.7, 0.66), (0.75, 0.94)], WOOD, 5)
    if style.casual:
        back = [(0.24, 0.2), (0.5, 0.1), (0.76, 0.2), (0.8, 0.5), (0.76, 0.68), (0.24, 0.68), (0.2, 0.5)]
        board.smooth(back, style, -0.1)
    else:
        board.polygon([(0.27, 0.1), (0.73, 0.1), (0.77, 0.58), (0.23, 0.58)], style, -0.1)
    board.smooth([(0.2, 0.56), (0.5, 0.5), (0.8, 0.56), (0.79, 0.7), (0.5, 0.74), (0.21, 0.7)], style)


def show_table(board: Board, style: Style) -> None:
    """Show a low table: round when casual."""
    board.line([(0.24, 0.46), (0.21, 0.84)], style.colour(-0.4), 5)
    board.line([(0.76, 0.46), (0.79, 0.84)], style.colour(-0.4), 5)
    if style.casual:
        board.ellipse((0.5, 0.46), (0.43, 0.13), style, -0.2)
        board.ellipse((0.5, 0.42), (0.43, 0.13), style)
    else:
        board.polygon([(0.2, 0.32), (0.8, 0.32), (0.93, 0.5), (0.07, 0.5)], style)
        board.rectangle((0.07, 0.5, 0.93, 0.55), style, -0.25)


SHOWN: Mapping[str, Callable[[Board, Style], None]] = {
    "Curtains": show_curtains,
    "Mirrors": show_mirror,
    "Rugs": show_rug,
    "Sofas": show_sofa,
    "Cushions": show_cushion,
    "Lamps": show_lamp,
    "Chairs": show_chair,
    "Tables": show_table,
}
"""Category -> how its catalog photo is drawn."""
