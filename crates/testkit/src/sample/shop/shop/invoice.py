"""Invoices."""

import shop.pricing
from shop.cart import Cart


class Invoice:
    """What a customer gets with the goods."""

    def __init__(self, cart: Cart):
        self.cart = cart

    def total(self):
        """Not the method of the cart, although it has its name."""
        return self.cart.total()

    def lines(self):
        gross = shop.pricing.calculate_total
        for price in self.cart.prices:
            yield f"{gross([price]):>8} calculate_total"


def largest(documents):
    """Of carts and invoices alike: nothing here says whose `total` it is."""
    return max(document.total() for document in documents)
