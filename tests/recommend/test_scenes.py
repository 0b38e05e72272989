"""Photos as they come: files, bytes, cut by a box, several as one, and those that are not accepted."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from drawn_looks import box_of
from PIL import Image

from scenefit.errors import ImageError, UsageError
from scenefit.recommend.recommender import Recommender
from scenefit.types import Box


def distances(
    recommender: Recommender, photo: Path | str | bytes | list[Path], box: Box | None = None
) -> dict[str, float]:
    rankings = recommender.recommend(photo, k=100, box=box, duplicates=True).rankings.values()
    return {product.id: product.distance for ranking in rankings for product in ranking.products}


def test_bytes_and_text_are_taken_as_a_path_is(recommender: Recommender, photo: Path) -> None:
    expected = distances(recommender, photo)
    for given in (photo.read_bytes(), str(photo)):
        assert distances(recommender, given) == expected
        assert recommender.recommend(given, k=1).photo == ("" if isinstance(given, bytes) else given)


def test_a_box_takes_the_product_out(recommender: Recommender, photo: Path, tmp_path: Path) -> None:
    """What is looked at with a box is the picture cut to the strip above it."""
    with Image.open(photo) as image:
        image.save(tmp_path / "whole.png")
        box = Box(*box_of("Shoes"))
        image.crop((0, 0, image.width, round(box.top * image.height))).save(tmp_path / "cut.png")
    assert list(recommender.recommend(tmp_path / "whole.png", k=1, box=box).view) == [0, 0, 1, box.top]
    got = distances(recommender, tmp_path / "whole.png", box)
    cut, whole = (distances(recommender, tmp_path / name) for name in ("cut.png", "whole.png"))
    assert got == pytest.approx(cut, abs=1e-5)
    assert got != pytest.approx(whole, abs=1e-3)


def test_a_box_that_leaves_too_little(recommender: Recommender, photo: Path) -> None:
    with pytest.raises(UsageError, match=r"leaves less than 20% of the photo on every side; draw a smaller one"):
        recommender.recommend(photo, box=Box(0.1, 0.1, 0.9, 0.9))


def test_the_distance_from_several_photos_is_the_mean_of_their_distances(
    recommender: Recommender, photos: list[Path]
) -> None:
    each = [distances(recommender, photo) for photo in photos]
    expected = {name: float(np.mean([one[name] for one in each])) for name in each[0]}
    assert distances(recommender, photos) == pytest.approx(expected, abs=1e-5)
    assert distances(recommender, photos[:1]) == each[0]
    result = recommender.recommend(photos, k=1)
    wanted = [dict(recommender.suggest(photo) or []) for photo in photos]
    assert result.wanted == pytest.approx({name: np.mean([one[name] for one in wanted]) for name in wanted[0]})
    assert result.photo == str(photos[0])


def test_a_board_of_none_or_with_a_box_is_refused(recommender: Recommender, photos: list[Path]) -> None:
    with pytest.raises(UsageError, match="got 0 photos and the box None; expected a photo, and a box of one photo"):
        recommender.recommend([])
    with pytest.raises(UsageError, match="got 3 photos and the box Box"):
        recommender.recommend(photos, box=Box(*box_of("Shoes")))


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((90, 90), 50).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encoded("PDF"), "got a PDF document .*expected one of JPEG"),
        (encoded("JPEG")[:900], "it is truncated or damaged"),
        (encoded("PNG")[:900], "it is truncated or damaged"),
        (b"", "has 0 bytes; expected 1 to"),
        (b"GIF89a", "got not a picture that can be read .*expected one of JPEG"),
        (b"<svg/>", "got not a picture that can be read .*expected one of JPEG"),
    ],
)
def test_photo_that_is_not_accepted(recommender: Recommender, content: bytes, message: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(content)
    with pytest.raises(ImageError, match=rf"^{photo}.*{message}"):
        recommender.recommend(photo)


def test_photo_that_is_no_file(recommender: Recommender, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(photo)
    with pytest.raises(
        ImageError, match=r"link\.jpg cannot be opened .*it is a symbolic link: give the picture itself"
    ):
        recommender.recommend(tmp_path / "link.jpg")
    with pytest.raises(ImageError, match=rf"^{tmp_path} is not a regular file; expected a picture"):
        recommender.recommend(str(tmp_path))
    with pytest.raises(ImageError, match=r"none\.jpg: no such picture"):
        recommender.recommend([photo, tmp_path / "none.jpg"])
    with pytest.raises(ImageError, match=r"^got not a picture that can be read"):
        recommender.recommend(b"not a picture")
