import unittest

from shop import Cart
from shop.invoice import Invoice, largest


class CartTest(unittest.TestCase):
    def setUp(self):
        self.cart = Cart().add(100).add(200)

    def test_total_has_tax(self):
        self.assertEqual(self.cart.total(), 357)
        self.assertEqual(self.cart.saving(), 57)

    def test_an_invoice_has_the_total_of_its_cart(self):
        invoice = Invoice(self.cart)
        self.assertEqual(invoice.total(), 357)
        self.assertEqual(largest([self.cart, invoice]), 357)
        self.assertEqual(len(list(invoice.lines())), 2)
