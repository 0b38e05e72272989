"""Each piece of furniture in its place in a room, in a style."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from scenefit.data.lookbook.room import Room
from scenefit.data.lookbook.style import Style

WOOD, METAL, ROD = (96, 72, 52), (84, 76, 70), (120, 100, 84)
GLASS, GLINT = (216, 230, 236), (240, 246, 250)


def paint_curtains(room: Room, style: Style) -> None:
    """Paint curtains at the window: long in winter."""
    low = 137 if style.winter else 109
    for left, right, sway in ((20, 30, (-2, -4)), (84, 112, (2, 2))):
        room.polygon([(left, 7), (right, 7), (right + sway[1], low), (left + sway[0], low)], style)
        for fold in np.linspace(left + 5, right - 4, 3).tolist():
            room.line([(fold, 9), (fold, low - 2)], style.colour(-0.22), 1.2)
    room.line([(14, 6), (118, 6)], ROD, 2.6)


def paint_mirror(room: Room, style: Style) -> None:
    """Paint a mirror on the wall: round when casual."""
    if style.casual:
        room.ellipse((192, 47), (32, 32), style)
        room.ellipse((192, 47), (25, 25), GLASS)
        room.line([(178, 49), (196, 31)], GLINT, 3)
    else:
        room.rectangle((150, 15, 234, 79), style)
        room.rectangle((157, 22, 227, 72), GLASS)
        room.line([(170, 61), (196, 31)], GLINT, 3)


def paint_rug(room: Room, style: Style) -> None:
    """Paint a rug on the floor: round when casual."""
    if style.casual:
        room.ellipse((176, 215), (124, 42), style)
        if style.plain:
            room.ellipse((176, 215), (110, 36), style, 0.12)
    else:
        room.polygon([(80, 181), (272, 181), (308, 253), (44, 253)], style)
        room.line([(85, 185), (267, 185), (300, 249), (52, 249), (85, 185)], style.colour(-0.35), 1.6)


def paint_sofa(room: Room, style: Style) -> None:
    """Paint a sofa: back, arms, seat and feet."""
    room.polygon([(128, 99), (254, 99), (258, 153), (124, 153)], style, -0.1)
    room.smooth([(112, 117), (130, 113), (136, 127), (136, 175), (112, 175)], style, -0.18)
    room.smooth([(246, 127), (252, 113), (270, 117), (270, 175), (246, 175)], style, -0.18)
    room.polygon([(134, 141), (248, 141), (250, 167), (132, 167)], style)
    room.line([(191, 141), (191, 167)], style.colour(-0.3), 1.4)
    room.rectangle((122, 167, 260, 175), style, -0.25)
    for x in (126, 254):
        room.polygon([(x - 3, 175), (x + 3, 175), (x + 2, 184), (x - 2, 184)], WOOD)


def paint_cushions(room: Room, style: Style) -> None:
    """Paint three cushions on the sofa."""
    for x, tilt in ((150, -4), (226, 5), (206, -2)):
        upper = [(x - 14, 121 + tilt), (x, 124 + tilt * 0.5), (x + 14, 120), (x + 13, 135)]
        lower = [(x + 15, 148), (x, 145), (x - 15, 148), (x - 13, 135)]
        room.smooth([*upper, *lower], style, 0.04 * tilt / 5)


def paint_lamp(room: Room, style: Style) -> None:
    """Paint a standing lamp: a globe when casual, a shade when formal."""
    room.line([(292, 181), (292, 71)], METAL, 2.6)
    room.ellipse((292, 182), (14, 4), METAL)
    if style.casual:
        room.ellipse((292, 65), (21, 19), style, 0.08)
    else:
        room.polygon([(279, 45), (305, 45), (314, 79), (270, 79)], style, 0.08)


def paint_chair(room: Room, style: Style) -> None:
    """Paint an armchair: a round back when casual."""
    room.line([(42, 177), (38, 203)], WOOD, 3)
    room.line([(84, 177), (88, 203)], WOOD, 3)
    if style.casual:
        back = [(36, 121), (62, 111), (88, 121), (92, 159), (86, 183), (40, 183), (32, 159)]
        room.smooth(back, style, -0.1)
    else:
        room.polygon([(40, 109), (84, 109), (88, 163), (36, 163)], style, -0.1)
    room.smooth([(34, 163), (62, 157), (92, 163), (90, 181), (62, 185), (36, 181)], style)


def paint_table(room: Room, style: Style) -> None:
    """Paint a low table before the sofa: round when casual."""
    room.line([(150, 213), (147, 241)], style.colour(-0.4), 3)
    room.line([(216, 213), (219, 241)], style.colour(-0.4), 3)
    if style.casual:
        room.ellipse((183, 211), (50, 12), style, -0.2)
        room.ellipse((183, 207), (50, 12), style)
    else:
        room.polygon([(142, 195), (224, 195), (238, 213), (128, 213)], style)
        room.rectangle((128, 213, 238, 219), style, -0.25)


PLACED: Mapping[str, Callable[[Room, Style], None]] = {
    "Curtains": paint_curtains,
    "Mirrors": paint_mirror,
    "Rugs": paint_rug,
    "Sofas": paint_sofa,
    "Cushions": paint_cushions,
    "Lamps": paint_lamp,
    "Chairs": paint_chair,
    "Tables": paint_table,
}
"""Category -> how it is painted in a room; what comes later lies over what comes before."""
