"""A SkySQL and an AWS that run on this machine, for practice and for tests.

The sandbox is a process of its own that speaks the real wire protocols on loopback, so that nothing else in the
program needs to know of it: the command line starts it (`child`), or a person does (`serve`), and hands its
addresses to whoever asks. What each part knows:

    child         starts and ends the process; imports nothing heavy
    environment   the addresses, keys and profiles a client needs
    clock         delays that can be scaled down to nothing
    serve         the process: two servers, one world
    fate          how things end in it; `faults` befall single calls, `stories` are fates by name
    world, seed   the company that lives in it; `huge` is what it grows to in the story of that name
    people        who may do what in its accounts
    aws           EC2, STS and IAM by moto, made as strict as AWS
    skysql        the SkySQL API and what it does on the provider's side of AWS
"""
