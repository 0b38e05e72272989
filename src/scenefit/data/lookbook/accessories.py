"""Each accessory worn: shoes, a bag, a hat and sunglasses painted on a figure, in a style."""

from __future__ import annotations

from scenefit.data.lookbook.figure import BOTH, Body
from scenefit.data.lookbook.paint import Canvas, around
from scenefit.data.lookbook.style import Style

GOLD = (232, 200, 110)
PALE = (238, 236, 230)


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
