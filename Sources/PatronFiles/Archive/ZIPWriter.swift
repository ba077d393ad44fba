internal import PatronCore
internal import PatronModel

/// A writer of ZIP archives. Files are stored without compression. Each file is produced twice:
/// once for its size and checksum, which precede it in the archive, and once for its bytes. So an
/// archive of any size needs the memory of one chunk.
package struct ZIPWriter {
  /// A producer of a file, which emits the same bytes each time.
  package typealias Content = (_ emit: @escaping ([UInt8]) throws -> Void) throws -> Void

  private struct Entry {
    var name: [UInt8]
    var crc: UInt32
    var size: UInt32
    var offset: UInt32
  }

  private let send: ([UInt8]) throws -> Void
  private let time: UInt16
  private let date: UInt16
  private var entries: [Entry] = []
  private var offset: UInt64 = 0

  /// Creates a writer that hands its bytes to `send`. Files get the time `now`, in microseconds
  /// since 1970.
  package init(now: Int64, send: @escaping ([UInt8]) throws -> Void) {
    self.send = send
    let stamp = try? PatronModel.Timestamp(microseconds: now)
    let day = stamp?.date
    let second = (stamp?.seconds ?? 0) - Int64(day?.daysSinceEpoch ?? 0) * 86_400
    // DOS times begin in 1980 and have a resolution of two seconds.
    let year = min(max((day?.year ?? 1980) - 1980, 0), 127)
    time = UInt16(second / 3600) << 11 | UInt16(second / 60 % 60) << 5 | UInt16(second % 60 / 2)
    date = UInt16(year) << 9 | UInt16(day?.month ?? 1) << 5 | UInt16(day?.day ?? 1)
  }

  /// Adds a file.
  ///
  /// - Throws: `EXPORT_TOO_LARGE` when the archive would reach 4 GiB, and what `content` throws.
  package mutating func add(_ name: String, _ content: Content) throws {
    var crc = CRC32()
    var size: UInt64 = 0
    try content { bytes in
      crc.add(bytes)
      size += UInt64(bytes.count)
    }
    guard offset + size + 1024 < UInt64(UInt32.max) else { throw Self.tooLarge }
    let entry = Entry(
      name: Array(name.utf8),
      crc: crc.value,
      size: UInt32(size),
      offset: UInt32(offset)
    )
    var header = LittleEndian()
    header.add(UInt32(0x0403_4B50))
    append(common: entry, to: &header)
    header.bytes += entry.name
    try write(header.bytes)
    try content(send)
    offset += size
    entries.append(entry)
  }

  /// Writes the central directory, which ends the archive.
  package mutating func finish() throws {
    let start = offset
    for entry in entries {
      var header = LittleEndian()
      header.add(UInt32(0x0201_4B50))
      header.add(UInt16(20))
      append(common: entry, to: &header)
      header.add(UInt16(0))
      header.add(UInt16(0))
      header.add(UInt16(0))
      header.add(UInt32(0))
      header.add(entry.offset)
      header.bytes += entry.name
      try write(header.bytes)
    }
    var end = LittleEndian()
    end.add(UInt32(0x0605_4B50))
    end.add(UInt32(0))
    end.add(UInt16(entries.count))
    end.add(UInt16(entries.count))
    end.add(UInt32(offset - start))
    end.add(UInt32(start))
    end.add(UInt16(0))
    try write(end.bytes)
  }

  private mutating func write(_ bytes: [UInt8]) throws {
    offset += UInt64(bytes.count)
    try send(bytes)
  }

  /// Appends the fields that a file's header and its directory entry have in common.
  private func append(common entry: Entry, to header: inout LittleEndian) {
    header.add(UInt16(20))
    header.add(UInt16(0x0800))
    header.add(UInt16(0))
    header.add(time)
    header.add(date)
    header.add(entry.crc)
    header.add(entry.size)
    header.add(entry.size)
    header.add(UInt16(entry.name.count))
    header.add(UInt16(0))
  }

  private static let tooLarge = DomainError.reason(
    .resourceExhausted,
    "EXPORT_TOO_LARGE",
    "The archive would be larger than 4 GiB. Export the events as CSV or NDJSON."
  )
}

/// A buffer of integers in ZIP's byte order.
private struct LittleEndian {
  var bytes: [UInt8] = []

  mutating func add(_ number: some FixedWidthInteger) {
    for shift in stride(from: 0, to: number.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
