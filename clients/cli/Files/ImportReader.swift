import PatronClient

/// One call's worth of records.
struct ImportBatch<Item: Sendable>: Sendable {
  /// The records behind the items.
  var lines: [ImportedLine] = []
  var items: [Item] = []
  /// Records that are no items, and why.
  var rejects: [(line: ImportedLine, reason: String)] = []
  /// Remarks for the user about records.
  var warnings: [ImportWarning] = []
  /// Bytes of the file up to the end of this batch.
  var bytesRead = 0
}

/// Reads a file of an import in batches.
struct ImportReader<Maker: ImportMaker>: ~Copyable {
  private var lines: ImportLines
  private var maker: Maker
  private let largestCount: Int
  /// A record that did not fit the last batch.
  private var held: (line: ImportedLine, item: Maker.Item, size: Int, warnings: [ImportWarning])?

  init(_ lines: consuming ImportLines, _ maker: consuming Maker, count: Int) {
    self.lines = lines
    self.maker = maker
    largestCount = count
    held = nil
  }

  /// Bytes of the input, where that is known.
  var size: Int? { lines.size }

  /// The next batch, or nil at the end of the input.
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
    while batch.lines.count < largestCount, batch.rejects.count < 1000 {
      guard let line = try lines.next() else { break }
      do throws(LocalError) {
        var told: [Warning] = []
        let item = try maker.item(line, &told)
        let itemSize = try Self.size(of: item)
        let warnings = told.map { ImportWarning(row: line.number, $0) }
        guard size + itemSize <= BatchAssembler.largestRequest else {
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

  /// The same records again, with times in the zone that is known by now.
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
    guard let size = try? item.encoded().count else { throw LocalError("the row has a NUL") }
    guard size + 2000 <= BatchAssembler.largestRequest else {
      throw LocalError("the row is too large for a request")
    }
    return size + 8
  }
}
