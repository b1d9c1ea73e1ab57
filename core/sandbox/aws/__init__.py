"""AWS as far as a PrivateLink consumer meets it: moto's EC2, STS and IAM, made strict by subclassing.

moto accepts much that AWS refuses and finishes at once what AWS takes minutes for. Each module here closes one
kind of gap by overriding moto's own classes; nothing of moto is patched in place. What a request goes through:

    front       which service it is for
    identity    whose key it bears, and what that caller's policies are
    rates       whether there were too many of its kind
    rights      what it needs to be allowed
    policies    whether it is
    actions     what it does, or would do; callers and administration for STS and IAM
"""
