"""Items through a multiprocessing.Queue, from one process to another: nanoseconds for each."""
import multiprocessing as mp
import sys
import time


def produce(queue, count):
    for number in range(count):
        queue.put(number)


def main(count):
    queue = mp.Queue(maxsize=1024)
    producer = mp.Process(target=produce, args=(queue, count))
    producer.start()
    assert queue.get() == 0
    begin = time.perf_counter_ns()
    for number in range(1, count):
        assert queue.get() == number
    spent = time.perf_counter_ns() - begin
    producer.join()
    print(spent / (count - 1), file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]))
