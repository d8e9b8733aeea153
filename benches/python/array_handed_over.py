"""80 MB, handed from one process to another through a Pipe or a shared Array: nanoseconds.

The time goes from before the bytes are made to after they have been looked at, as in `pipe-vs-shm`.
"""
import array
import multiprocessing as mp
import sys
import time


def send(connection, count):
    begin = time.monotonic_ns()
    connection.send(begin)
    connection.send(array.array("d", range(count)))


def fill(shared, connection, count):
    begin = time.monotonic_ns()
    for index in range(count):
        shared[index] = index
    connection.send(begin)


def main(way, count):
    receiver, sender = mp.Pipe(duplex=False)
    if way == "pipe":
        worker = mp.Process(target=send, args=(sender, count))
        worker.start()
        begin = receiver.recv()
        numbers = receiver.recv()
    else:
        numbers = mp.Array("d", count, lock=False)
        worker = mp.Process(target=fill, args=(numbers, sender, count))
        worker.start()
        begin = receiver.recv()
    assert sum(numbers) == count * (count - 1) / 2
    spent = time.monotonic_ns() - begin
    worker.join()
    print(spent, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
