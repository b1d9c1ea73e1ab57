"""AWS as far as a PrivateLink consumer meets it: moto's EC2, STS and IAM, made strict by subclassing.

moto accepts much that AWS refuses and finishes at once what AWS takes minutes for. Each module here closes one
kind of gap by overriding moto's own classes; nothing of moto is patched in place.
"""
