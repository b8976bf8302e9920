"""A cart of things to buy."""

from shop import pricing


class Cart:
    """Holds prices until they are paid."""

    def __init__(self):
        self.prices = []

    def add(self, price):
        self.prices.append(price)

    def total(self):
        # calculate_total knows about the tax
        return pricing.calculate_total(self.prices)
