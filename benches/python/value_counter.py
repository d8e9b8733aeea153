"""The same with the lock that a multiprocessing.Value has: what Python offers in the place of an atomic."""
import multiprocessing as mp
import sys
import time


def add(counter, start, count):
    start.wait()
    for _ in range(count):
        with counter.get_lock():
            counter.value += 1


def main(processes, count):
    counter = mp.Value("q", 0)
    start = mp.Barrier(processes + 1)
    workers = [mp.Process(target=add, args=(counter, start, count)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    start.wait()
    begin = time.perf_counter_ns()
    for worker in workers:
        worker.join()
    spent = time.perf_counter_ns() - begin
    assert counter.value == processes * count
    print(spent / (processes * count), file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
