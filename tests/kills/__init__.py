"""The program killed at every instant that matters: before and after every remote call and every line of its journal.

`nursery` is a process that has loaded everything once and forks: a world that is served on loopback, and the program
in it, killed by SIGKILL where it is told to. The tests enumerate the instants and look at what is left after going on.
"""
