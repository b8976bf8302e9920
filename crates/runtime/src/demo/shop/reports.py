"""Reports for the shopkeeper."""

from shop.pricing import calculate_total as total_of


def monthly(orders):
    lines = [f"{name}: {total_of(prices):.2f}" for name, prices in orders.items()]
    return "\n".join(lines)


def by_name(name, module):
    """Look a function up, for the console: by_name("calculate_total", pricing)."""
    return getattr(module, name)
