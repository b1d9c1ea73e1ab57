"""The SkySQL API as its published descriptions have it, and what a change there does in the provider's AWS account.

Where those disagree, one organization hears the newer API and the other the older (`organizations`).

    api            the routes
    requests       what may be sent; answers: what comes back; both strict
    refusal        what is said instead, to a request or for a fault
    organizations  who may ask for what
    lists          the choices of a launch, from the catalogue
    launch         from a choice to a service
    service        a service as the API tells it
    provider       what changes to it do over time, in AWS too
"""
