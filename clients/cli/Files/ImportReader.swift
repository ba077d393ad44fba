import PatronClient

/// The records of one call.
struct ImportBatch<Item: Sendable>: Sendable {
  /// The records of the items, in the same order.
  var lines: [ImportedLine] = []
  var items: [Item] = []
  /// Records without an item, and the reasons.
  var rejects: [(line: ImportedLine, reason: String)] = []
  /// Remarks for the user about records.
  var warnings: [ImportWarning] = []
  /// Bytes of the file up to the end of this batch.
  var bytesRead = 0
}

/// A reader of an import file in batches, limited by number of records and request size.
struct ImportReader<Maker: ImportMaker>: ~Copyable {
  private var lines: ImportLines
  private var maker: Maker
  private let maxCount: Int
  /// A record that did not fit the last batch.
  private var held: (line: ImportedLine, item: Maker.Item, size: Int, warnings: [ImportWarning])?

  init(_ lines: consuming ImportLines, _ maker: consuming Maker, count: Int) {
    self.lines = lines
    self.maker = maker
    maxCount = count
    held = nil
  }

  /// Size of the input in bytes, or nil if it is not a regular file.
  var size: Int? { lines.size }

  /// Returns the next batch, or nil at the end of the input.
  mutating func next() throws(LocalError) -> ImportBatch<Maker.Item>? {
    var batch = ImportBatch<Maker.Item>()
    var size = 1000
    if let last = held {
      held = nil
      batch.lines.append(last.line)
      batch.items.append(last.item)
      batch.warnings += last.warnings
      size += last.size
    }
    while batch.lines.count < maxCount, batch.rejects.count < 1000 {
      guard let line = try lines.next() else { break }
      do throws(LocalError) {
        var told: [Warning] = []
        let item = try maker.item(line, &told)
        let itemSize = try Self.size(of: item)
        let warnings = told.map { ImportWarning(row: line.number, $0) }
        guard size + itemSize <= BatchAssembler.maxRequestBytes else {
          held = (line, item, itemSize, warnings)
          break
        }
        batch.warnings += warnings
        size += itemSize
        batch.lines.append(line)
        batch.items.append(item)
      } catch {
        batch.rejects.append((line, error.description))
      }
    }
    batch.bytesRead = lines.bytesRead
    return batch.lines.isEmpty && batch.rejects.isEmpty ? nil : batch
  }

  /// Converts the records of a batch again, after the store's zone became known.
  mutating func remade(
    _ batch: ImportBatch<Maker.Item>
  ) throws(LocalError) -> ImportBatch<Maker.Item> {
    var batch = batch
    var told: [Warning] = []
    for index in batch.lines.indices {
      batch.items[index] = try maker.read(batch.lines[index], &told)
    }
    if let line = held?.line { held?.item = try maker.read(line, &told) }
    return batch
  }

  private static func size(of item: Maker.Item) throws(LocalError) -> Int {
    guard let size = try? item.encoded().count else {
      throw LocalError("the row contains a NUL character")
    }
    guard size + 2000 <= BatchAssembler.maxRequestBytes else {
      throw LocalError("the row is too large for a request: \(size) bytes")
    }
    return size + 8
  }
}
