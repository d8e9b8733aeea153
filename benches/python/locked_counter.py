"""A counter that several processes add to, under a multiprocessing.Lock: nanoseconds for each addition."""
import multiprocessing as mp
import sys
import time


def add(counter, lock, start, count):
    start.wait()
    for _ in range(count):
        with lock:
            counter.value += 1


def main(processes, count):
    counter = mp.Value("q", 0, lock=False)
    lock = mp.Lock()
    start = mp.Barrier(processes + 1)
    workers = [mp.Process(target=add, args=(counter, lock, start, count)) for _ in range(processes)]
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
