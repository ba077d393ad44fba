#!/usr/bin/env python3
"""Builds from sync_shim's log what a power cut would have left of a directory.

usage: images.py LOG OUTDIR [--instants N] [--seed S] [--torn N] [--step]

For each of N sampled instants one image holds only what had been synced, and --torn others hold
a random part of the rest too. A JSON object a line tells of each image:

  {"instant":7,"kind":"synced","path":"OUTDIR/0007-synced","sequence":812,
   "nanoseconds":93211000212,"syncs":40,"seed":1}

`nanoseconds` is CLOCK_MONOTONIC: every write acknowledged before it must be in every image of
the instant. With --step the tool waits for a line on standard input after each image and then
removes it, so that 500 images need the room of one. A last line sums up:

  {"instants":500,"images":1000,"records":24000,"syncs":2100,"seed":1}

The model, which is stricter than ext4 or XFS in every point that differs:

  content    Bytes written before an fsync or fdatasync of the file BEGAN are durable when it has
             returned. Everything since is pending. sync_file_range makes nothing durable.
  size       Part of the content: growth and truncation are pending like writes.
  existence  A new or renamed file has its name once the directory that holds it, or the file
             itself, was synced. A removal is durable once that directory was synced.
  before     What files held when the process first opened them counts as durable.
  torn       Of the pending writes a random set of 512-byte sectors arrived, each sector of each
             write by itself; truncations arrived or did not; of the pending changes of names a
             random number of the oldest arrived, as a journal keeps them in order.
"""
import argparse
import json
import os
import random
import shutil
import struct
import sys

# The types and kinds of sync_shim.c.
(FILE, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, UNLINK, RENAME, CONTENT, RANGE_SYNC,
 EXTEND) = range(1, 11)
EXISTED, CREATED, FOLDER = range(3)
HEADER = struct.Struct("<QQIIQQQ")
SECTOR = 512


class Record:
    __slots__ = ("sequence", "nanoseconds", "type", "file", "offset", "length", "payload")

    def __init__(self, fields, payload):
        self.sequence, self.nanoseconds, self.type = fields[0], fields[1], fields[2]
        self.file, self.offset, self.length = fields[3], fields[4], fields[5]
        self.payload = payload


def read_log(path):
    """All whole records: the last one may be cut off where the process was killed."""
    records = []
    with open(path, "rb") as log:
        while True:
            header = log.read(HEADER.size)
            if len(header) < HEADER.size:
                return records
            fields = HEADER.unpack(header)
            payload = log.read(fields[6])
            if len(payload) < fields[6]:
                return records
            if fields[0] != len(records) + 1:
                raise SystemExit(f"{path}: record {fields[0]} after {len(records)} records")
            records.append(Record(fields, payload))


def apply(content, record):
    """Applies a write, truncation or extension to a bytearray."""
    if record.type in (WRITE, CONTENT):
        put(content, record.offset, record.payload)
    elif record.type == TRUNCATE:
        resize(content, record.length)
    elif record.type == EXTEND and len(content) < record.length:
        resize(content, record.length)


def put(content, offset, data):
    end = offset + len(data)
    if len(content) < end:
        resize(content, end)
    content[offset:end] = data


def resize(content, size):
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


def sectors(record):
    """The parts of a write that lie in different sectors of the disk."""
    at = 0
    while at < len(record.payload):
        offset = record.offset + at
        count = min(SECTOR - offset % SECTOR, len(record.payload) - at)
        yield offset, record.payload[at:at + count]
        at += count


class File:
    def __init__(self, is_folder):
        self.is_folder = is_folder
        self.durable = bytearray()
        self.pending = []  # records of the content since the last sync


class NameChange:
    """A creation, renaming or removal: names[path] = file, or no file."""

    def __init__(self, record, sets, removes):
        self.sequence = record.sequence
        self.file = record.file
        self.sets = sets
        self.removes = removes

    def apply(self, names):
        if self.removes is not None and names.get(self.removes) == self.file:
            del names[self.removes]
        if self.sets is not None:
            names[self.sets] = self.file

    def folders(self):
        paths = [path for path in (self.sets, self.removes) if path is not None]
        return {os.path.dirname(path) for path in paths}


class Disk:
    """The state of the directory after a number of records: durable, and pending."""

    def __init__(self):
        self.files = {}
        self.path_now = {}  # of every file that has a name, as the process sees it
        self.names = {}  # durable
        self.changes = []  # pending, oldest first
        self.syncs = 0

    def advance(self, record):
        if record.type == FILE:
            self.meet(record)
        elif record.type == CONTENT:
            apply(self.files[record.file].durable, record)
        elif record.type in (WRITE, TRUNCATE, EXTEND):
            self.files[record.file].pending.append(record)
        elif record.type == UNLINK:
            path = self.path_now.pop(record.file)
            self.changes.append(NameChange(record, None, path))
        elif record.type == RENAME:
            old, new = self.path_now[record.file], record.payload.decode()
            for other in [file for file, path in self.path_now.items() if path == new]:
                del self.path_now[other]
            self.path_now[record.file] = new
            self.changes.append(NameChange(record, new, old))
        elif record.type == SYNC_END:
            self.sync(record)

    def meet(self, record):
        path = record.payload.decode()
        self.files[record.file] = File(record.length == FOLDER)
        self.path_now[record.file] = path
        if record.length == CREATED:
            self.changes.append(NameChange(record, path, None))
        else:
            self.names[path] = record.file

    def sync(self, record):
        """What was done before the sync began (record.offset) is durable now."""
        self.syncs += 1
        file = self.files[record.file]
        done = [r for r in file.pending if r.sequence < record.offset]
        for write in done:
            apply(file.durable, write)
        del file.pending[:len(done)]
        folder = self.path_now.get(record.file)
        kept = []
        for change in self.changes:
            before = change.sequence < record.offset
            own = change.file == record.file and change.sets is not None
            inside = file.is_folder and change.folders() <= {folder}
            if before and (own or inside):
                change.apply(self.names)
            else:
                kept.append(change)
        self.changes = kept

    def synced(self):
        """The image of nothing but what is durable, as {path: bytes}."""
        return {path: self.files[file].durable for path, file in self.names.items()
                if not self.files[file].is_folder}

    def torn(self, chance):
        """The same with a random part of what is pending."""
        names = dict(self.names)
        for change in self.changes[:chance.randint(0, len(self.changes))]:
            change.apply(names)
        image = {}
        for path, number in names.items():
            file = self.files[number]
            if file.is_folder:
                continue
            content = bytearray(file.durable)
            share = chance.random()  # so that some images have nearly all, others nearly nothing
            for record in file.pending:
                if record.type != WRITE:
                    if chance.random() < share:
                        apply(content, record)
                    continue
                for offset, data in sectors(record):
                    if chance.random() < share:
                        put(content, offset, data)
            image[path] = content
        return image


def write_image(folder, image):
    os.makedirs(folder)
    for path, content in image.items():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as out:
            out.write(content)


def choose(records, wanted, chance):
    """Positions (records applied): a third right after a sync has returned, a third right before
    one does, when most is pending, and the rest anywhere. What was there before the process is
    in every image: instants begin after the records of it."""
    start = 0
    while start < len(records) and (records[start].type == CONTENT or (
            records[start].type == FILE and records[start].length != CREATED)):
        start += 1
    ends = [i for i, record in enumerate(records) if record.type == SYNC_END]
    chosen = set()
    for group in ([i + 1 for i in ends], ends):
        chosen.update(chance.sample(group, min(len(group), wanted // 3)))
    rest = [i for i in range(start, len(records) + 1) if i not in chosen]
    chosen.update(chance.sample(rest, max(0, min(len(rest), wanted - len(chosen)))))
    return sorted(position for position in chosen if position > 0)


def emit(report, folder, image, step):
    write_image(folder, image)
    print(json.dumps(report), flush=True)
    if step:
        if not sys.stdin.readline():
            raise SystemExit("standard input ended before the last image")
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log")
    parser.add_argument("outdir")
    parser.add_argument("--instants", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--torn", type=int, default=1, help="random images an instant (default 1)")
    parser.add_argument("--step", action="store_true", help="one image at a time")
    options = parser.parse_args()

    records = read_log(options.log)
    if not records:
        raise SystemExit(f"{options.log} holds no record: was the shim loaded?")
    chance = random.Random(options.seed)
    disk, position, images = Disk(), 0, 0
    positions = choose(records, options.instants, chance)
    for instant, wanted in enumerate(positions):
        while position < wanted:
            disk.advance(records[position])
            position += 1
        last = records[wanted - 1]
        report = {"instant": instant, "sequence": last.sequence, "nanoseconds": last.nanoseconds,
                  "syncs": disk.syncs, "seed": options.seed}
        variants = [("synced", disk.synced())]
        variants += [(f"torn{k}", disk.torn(chance)) for k in range(options.torn)]
        for kind, image in variants:
            folder = os.path.join(options.outdir, f"{instant:04d}-{kind}")
            emit({**report, "kind": kind, "path": folder}, folder, image, options.step)
            images += 1
    print(json.dumps({"instants": len(positions), "images": images, "records": len(records),
                      "syncs": disk.syncs, "seed": options.seed}), flush=True)


if __name__ == "__main__":
    main()
