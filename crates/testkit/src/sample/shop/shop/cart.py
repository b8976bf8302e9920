"""The cart of a customer."""

from shop.pricing.total import calculate_total as _calculate_total


class Collection:
    """Things with a price."""

    def __init__(self):
        self.prices = []

    def add(self, price):
        self.prices.append(price)
        return self

    def total(self):
        return sum(self.prices)


class Cart(Collection):
    """A collection that somebody pays for."""

    def total(self):
        # The parent's total is net; this one has tax.
        return _calculate_total(self.prices)

    def saving(self):
        return self.total() - super().total()
