"""Processes that print the factorial of 5, all started and then all waited for: nanoseconds for each."""
import math
import multiprocessing as mp
import os
import sys
import time


def work(number):
    print(f"[pid {os.getpid()}] {number}! = {math.factorial(number)}", flush=True)


def main(count):
    begin = time.perf_counter_ns()
    workers = [mp.Process(target=work, args=(5,)) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    spent = time.perf_counter_ns() - begin
    assert all(worker.exitcode == 0 for worker in workers)
    print(spent / count, file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]))
