import PatronModel

extension FuzzTarget {
  /// A CSV file, at once and in two pieces, which must not make a difference. The first byte says
  /// where the pieces meet and which character separates cells.
  static let csv = FuzzTarget(name: "csv") { bytes in
    let (choice, input) = bytes.choice
    let delimiter = choice % 2 == 0 ? UInt8(ascii: ",") : UInt8(ascii: ";")
    let middle = input.count * choice / 256
    let whole = rows([input[...]], delimiter)
    let pieces = rows([input.prefix(middle), input.dropFirst(middle)], delimiter)
    require(whole == pieces, "pieces of a file are the file")
    for row in whole { require(row.cells.count <= limits.cells, "cells are limited") }
  }

  private static let limits = CSVLimits(rowBytes: 4096, cells: 64)

  /// Returns the rows up to the first error.
  private static func rows(
    _ pieces: [Slice<UnsafeRawBufferPointer>],
    _ delimiter: UInt8
  ) -> [CSVRow] {
    var parser = CSVParser(limits: limits, delimiter: delimiter)
    var rows: [CSVRow] = []
    do {
      for piece in pieces {
        parser.add(piece)
        while let row = try parser.next() { rows.append(row) }
      }
      parser.finish()
      while let row = try parser.next() { rows.append(row) }
    } catch {}
    return rows
  }
}
