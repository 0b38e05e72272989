"""Views: whitened, block by block, without the groups' means; the sketch finds what the whole decomposition finds."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from scenefit.training import views
from scenefit.training.views import fit_view, group_means

WIDTHS = (6, 3, 4)


def drawn(n: int = 300, x: int = 13) -> Tensor:
    """Give correlated inputs with a mean, whose variances fall."""
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(n, x, generator=generator) @ torch.randn(x, x, generator=generator)
    return mixed * 0.8 ** torch.arange(x) + 3 * torch.randn(x, generator=generator)


def covariance(values: Tensor) -> Tensor:
    centred = (values - values.mean(dim=0)).double()
    return centred.T @ centred / len(values)


def test_a_whitened_sample_has_unit_variance_in_every_direction() -> None:
    inputs = drawn()
    view = fit_view(inputs, WIDTHS)
    z = view(inputs)
    torch.testing.assert_close(z.mean(dim=0), torch.zeros(13), atol=1e-5, rtol=0)
    torch.testing.assert_close(covariance(z), view.variance.double().diag(), atol=1e-5, rtol=1e-4)
    assert (view.variance.diff() <= 0).all()
    torch.testing.assert_close(covariance(z * view.whitening(0)), torch.eye(13).double(), atol=0.02, rtol=0)


def test_the_ridge_is_counted_in_average_variances() -> None:
    view = fit_view(drawn(), WIDTHS)
    assert view.average == pytest.approx(float(view.variance.mean()), rel=1e-5) == 3 / 13
    expected = [(v + 10 * 3 / 13) ** -0.5 for v in view.variance.tolist()]
    assert view.whitening(10).tolist() == pytest.approx(expected, rel=1e-5)


def test_no_block_drowns_another() -> None:
    """A block in other units, and moved, gives the same view; each block has a variance of 1 in all."""
    inputs = drawn()
    view, z = fit_view(inputs, WIDTHS), fit_view(inputs, WIDTHS)(inputs)
    other = inputs.clone()
    other[:, 6:9] = 1000 * other[:, 6:9] - 5
    changed = fit_view(other, WIDTHS)
    torch.testing.assert_close(changed.variance, view.variance, rtol=1e-4, atol=1e-5)
    sign = (changed(other) * z).sum(dim=0).sign()
    torch.testing.assert_close(changed(other) * sign, z, rtol=1e-2, atol=5e-3)
    scaled = view.directions @ view.directions.T  # scale^2 on the diagonal, as all directions are kept
    variance = scaled.diagonal() * inputs.var(dim=0, correction=0)
    assert [float(part.sum()) for part in variance.split(WIDTHS)] == pytest.approx([1, 1, 1], rel=1e-4)


def test_a_block_that_never_varies_does_no_harm() -> None:
    inputs = drawn()
    inputs[:, 6:9] = 7
    view = fit_view(inputs, WIDTHS)
    whitened = view(inputs) * view.whitening(0.1)
    assert whitened.isfinite().all()
    assert float(view.variance.sum()) == pytest.approx(2, rel=1e-4)


def test_the_groups_means_are_taken_out_of_the_variance() -> None:
    """Wherever the groups lie, the directions are those within them; the view itself still shows where they lie."""
    inputs, groups = drawn(), torch.arange(300) % 3
    centred = inputs - group_means(inputs, groups)[groups]
    moved = centred + torch.randn(3, 13, generator=torch.Generator().manual_seed(1))[groups] * 5
    view, within = fit_view(moved, WIDTHS, groups), fit_view(centred, WIDTHS)
    torch.testing.assert_close(view.variance, within.variance, rtol=1e-4, atol=1e-5)
    parallel = (view.directions.T @ within.directions).diagonal().abs() / within.directions.square().sum(dim=0)
    torch.testing.assert_close(parallel, torch.ones(13), rtol=1e-3, atol=0)
    torch.testing.assert_close(view.mean, moved.mean(dim=0))
    means = group_means(view(moved), groups)
    assert float((means[0] - means[1]).norm()) > 1
    assert float(fit_view(moved, WIDTHS).variance[0]) > 1.2 * float(view.variance[0])


def test_at_most_so_many_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit_view(drawn(), WIDTHS)
    monkeypatch.setattr(views, "KEPT", 5)
    some = fit_view(drawn(), WIDTHS)
    assert some.directions.shape == (13, 5)
    torch.testing.assert_close(some.variance, whole.variance[:5])
    assert some.average == whole.average
    assert fit_view(drawn(4), WIDTHS).directions.shape == (13, 4)


def test_the_sketch_agrees_with_the_whole_decomposition(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = drawn(400, 120)
    monkeypatch.setattr(views, "KEPT", 8)
    whole = fit_view(inputs, (120,))
    monkeypatch.setattr(views, "WHOLE", 119)
    sketch = fit_view(inputs, (120,))
    torch.testing.assert_close(sketch.variance, whole.variance, rtol=1e-3, atol=0)
    cosines = (sketch.directions.T @ whole.directions).diagonal().abs() / whole.directions.square().sum(dim=0)
    assert (cosines[:6] > 0.99).all()
    assert not torch.equal(sketch.directions, whole.directions)


@pytest.mark.parametrize("most", [3072, 12])
def test_the_same_inputs_give_the_same_view(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was drawn before; and what is drawn after does not change."""
    monkeypatch.setattr(views, "WHOLE", most)
    torch.manual_seed(1)
    first = fit_view(drawn(), WIDTHS)
    after = torch.rand(3)
    torch.manual_seed(1)
    torch.testing.assert_close(torch.rand(3), after, rtol=0, atol=0)
    again = fit_view(drawn(), WIDTHS)
    for got, expected in zip(again[:3], first[:3], strict=True):
        assert torch.equal(got, expected)
    assert again.average == first.average


def test_means_of_groups() -> None:
    values, groups = torch.tensor([[1.0], [2.0], [3.0], [10.0]]), torch.tensor([0, 0, 2, 2])
    assert group_means(values, groups).tolist() == [[1.5], [4.0], [6.5]]  # nothing in 1: the mean of all
    assert group_means(values, groups, 4).tolist() == [[1.5], [4.0], [6.5], [4.0]]
