"""Rounds of a multiprocessing.Barrier: nanoseconds for each."""
import multiprocessing as mp
import sys
import time


def meet(barrier, count):
    for _ in range(count):
        barrier.wait()


def main(processes, count):
    barrier = mp.Barrier(processes)
    others = [mp.Process(target=meet, args=(barrier, count + 1)) for _ in range(processes - 1)]
    for other in others:
        other.start()
    barrier.wait()
    begin = time.perf_counter_ns()
    for _ in range(count):
        barrier.wait()
    spent = time.perf_counter_ns() - begin
    for other in others:
        other.join()
    print(spent / count, file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
