"""M/M/c in SimPy: what most simulators of autoscaling are built on.

Prints requests, CPU seconds and peak RSS in KiB, for so many simulated seconds.
"""

import random
import resource
import sys
import time

import simpy

SERVERS, LOAD, MEAN = 200, 1000.0, 0.16


def request(env, servers, luck):
    with servers.request() as turn:
        yield turn
        yield env.timeout(luck.expovariate(1.0 / MEAN))


def arrivals(env, servers, luck, count):
    while True:
        yield env.timeout(luck.expovariate(LOAD))
        count[0] += 1
        env.process(request(env, servers, luck))


def main():
    seconds = float(sys.argv[1])
    env, luck, count = simpy.Environment(), random.Random(1), [0]
    servers = simpy.Resource(env, SERVERS)
    env.process(arrivals(env, servers, luck, count))
    began = time.process_time()
    env.run(until=seconds)
    took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(count[0], f"{took:.3f}", peak)


main()
