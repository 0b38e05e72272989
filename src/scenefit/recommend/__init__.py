"""The one path from a photo to ranked products: command line, service and evaluation share it.

photo -> backbone -> pooled vector and regions -> a query vector for each category -> the best products, varied or not.
"""
