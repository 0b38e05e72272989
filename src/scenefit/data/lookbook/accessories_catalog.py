"""Each accessory alone, as a catalog shows it, in [0, 1] across and down."""

from __future__ import annotations

from scenefit.data.lookbook.accessories import GOLD, PALE
from scenefit.data.lookbook.board import Board
from scenefit.data.lookbook.figure import BOTH
from scenefit.data.lookbook.style import Style

CHAIN = (214, 182, 96)
LACE = (250, 250, 250)
GLINT = (220, 224, 228)


def show_shoes(board: Board, style: Style) -> None:
    """Show a pair of shoes: boots in winter, with heels when formal."""
    for right, low in ((0.06, -0.12), (0, 0.12)):
        _show_shoe(board, style, right, low)


def _show_shoe(board: Board, style: Style, right: float, low: float) -> None:
    def moved(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + right, y + low) for x, y in points]

    if style.winter:
        board.polygon(moved((0.2, 0.22), (0.4, 0.22), (0.43, 0.56), (0.19, 0.56)), style, -0.08)
    upper = moved((0.19, 0.48), (0.3, 0.44), (0.42, 0.5), (0.6, 0.56), (0.78, 0.6), (0.82, 0.68), (0.18, 0.68))
    board.smooth(upper, style)
    if style.casual:
        board.polygon(moved((0.17, 0.66), (0.83, 0.66), (0.82, 0.73), (0.18, 0.73)), PALE)
        board.line(moved((0.42, 0.53), (0.5, 0.5)), LACE, 2)
        board.line(moved((0.48, 0.56), (0.56, 0.53)), LACE, 2)
    else:
        board.polygon(moved((0.18, 0.66), (0.28, 0.66), (0.25, 0.8), (0.2, 0.8)), style.colour(-0.6))
        board.line(moved((0.28, 0.68), (0.81, 0.7)), style.colour(-0.6), 3)


def show_bag(board: Board, style: Style) -> None:
    """Show a bag: a tote when casual, a small bag with a flap and a chain when formal."""
    if style.casual:
        handle = [(0.34, 0.36), (0.37, 0.12), (0.5, 0.07), (0.63, 0.12), (0.66, 0.36)]
        board.line(handle, style.colour(-0.35), 5)
        board.polygon([(0.2, 0.34), (0.8, 0.34), (0.76, 0.92), (0.24, 0.92)], style)
        board.line([(0.21, 0.4), (0.79, 0.4)], style.colour(-0.3), 2)
    else:
        board.line([(0.2, 0.42), (0.3, 0.16), (0.5, 0.1), (0.7, 0.16), (0.8, 0.42)], CHAIN, 3)
        board.polygon([(0.14, 0.4), (0.86, 0.4), (0.83, 0.8), (0.17, 0.8)], style)
        board.polygon([(0.14, 0.4), (0.86, 0.4), (0.5, 0.64)], style, -0.2)
        board.ellipse((0.5, 0.63), (0.028, 0.028), GOLD)


def show_hat(board: Board, style: Style) -> None:
    """Show a hat: a beanie with a bobble in winter, a brimmed hat otherwise."""
    if style.winter:
        board.smooth([(0.24, 0.7), (0.26, 0.4), (0.5, 0.2), (0.74, 0.4), (0.76, 0.7), (0.5, 0.66)], style)
        board.band([(0.22, 0.68), (0.5, 0.64), (0.78, 0.68)], [0.17] * 3, style, -0.2)
        board.ellipse((0.5, 0.17), (0.075, 0.075), style.colour(0.5))
    else:
        board.smooth([(0.3, 0.6), (0.33, 0.28), (0.5, 0.24), (0.67, 0.28), (0.7, 0.6)], style)
        board.ellipse((0.5, 0.6), (0.44, 0.1), style, -0.1)
        board.smooth([(0.3, 0.58), (0.33, 0.32), (0.5, 0.27), (0.67, 0.32), (0.7, 0.58), (0.5, 0.62)], style)
        board.band([(0.3, 0.54), (0.5, 0.58), (0.7, 0.54)], [0.06] * 3, style.colour(-0.55))


def show_sunglasses(board: Board, style: Style) -> None:
    """Show sunglasses: round when casual."""
    glass = style.colour(-0.75)
    for side in BOTH:
        board.line([(0.5 + side * 0.38, 0.42), (0.5 + side * 0.44, 0.3)], style.colour(-0.2), 5)
        middle = 0.5 + side * 0.2
        if style.casual:
            board.ellipse((middle, 0.5), (0.18, 0.18), style)
            board.ellipse((middle, 0.5), (0.13, 0.13), glass)
            board.line([(middle - 0.06, 0.44), (middle - 0.01, 0.4)], GLINT, 2)
        else:
            frame = [(0.03, 0.38), (0.42, 0.35), (0.37, 0.64), (0.08, 0.64)]
            board.polygon([(0.5 + side * x, y) for x, y in frame], style)
            pane = [(0.08, 0.43), (0.36, 0.41), (0.32, 0.59), (0.12, 0.59)]
            board.polygon([(0.5 + side * x, y) for x, y in pane], glass)
    board.line([(0.44, 0.45), (0.56, 0.45)], style.colour(-0.2), 4)
