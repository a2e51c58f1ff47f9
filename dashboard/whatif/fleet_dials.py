"""The dials of the fleet: prices, workers and nodes."""

from collections.abc import Iterator
from dataclasses import replace

from dashboard.whatif.dial import Dial
from dashboard.whatif.result import Price
from dashboard.whatif.scenario import Scenario


def prices(real: Scenario) -> Iterator[Dial]:
    """Yield the price of an hour, and how much of it spot machines cost."""
    known = real.price.hour if real.price else 0.0
    yield Dial(
        "price",
        "Price of an hour",
        "price",
        0,
        max(5.0, 2 * known),
        0.01,
        lambda each: each.price.hour if each.price else None,
        lambda each, value: replace(
            each, price=Price(value, each.price.spot_share if each.price else 1.0)
        ),
        "money",
    )
    if real.price and real.model.nodes:
        yield Dial(
            "spot",
            "Spot, share of the price",
            "price",
            10,
            100,
            5,
            lambda each: round(100 * each.price.spot_share) if each.price else None,
            lambda each, value: replace(
                each, price=replace(each.price, spot_share=value / 100) if each.price else None
            ),
            "%",
        )


def workers(real: Scenario) -> Iterator[Dial]:
    """Yield how long workers take."""
    found = real.model.workers
    yield Dial(
        "picture",
        "One picture takes",
        "fleet",
        min(0.1, found.picture),
        max(20.0, 2 * found.picture),
        0.1,
        lambda each: each.model.workers.picture,
        lambda each, value: each.with_workers(picture=value),
        "s",
    )
    yield Dial(
        "load",
        "A worker is ready after",
        "fleet",
        0,
        max(60.0, 2 * found.load),
        0.5,
        lambda each: each.model.workers.load,
        lambda each, value: each.with_workers(load=value),
        "s",
    )
    yield Dial(
        "batch",
        "Requests in a batch",
        "fleet",
        1,
        8,
        1,
        lambda each: each.model.workers.batch,
        lambda each, value: each.with_workers(batch=int(value)),
    )


def nodes(real: Scenario) -> Iterator[Dial]:
    """Yield how long GPU nodes take; nothing where none come and go."""
    found = real.model.nodes
    if found is None:
        return
    yield _node_seconds("join", "A GPU node joins after", max(300.0, 2 * found.join))
    yield _node_seconds("pull", "Its image is pulled after", max(300.0, 2 * found.pull))
    yield _node_seconds("idle", "An idle node is removed after", max(900.0, 2 * found.idle))
    yield Dial(
        "slots",
        "Workers on a node",
        "fleet",
        1,
        max(8, found.slots),
        1,
        lambda each: each.model.nodes.slots if each.model.nodes else None,
        lambda each, value: each.with_nodes(slots=int(value)),
    )


def _node_seconds(name: str, label: str, high: float) -> Dial:
    return Dial(
        name,
        label,
        "fleet",
        0,
        high,
        1,
        lambda each: getattr(each.model.nodes, name, None),
        lambda each, value: each.with_nodes(**{name: value}),
        "s",
    )
