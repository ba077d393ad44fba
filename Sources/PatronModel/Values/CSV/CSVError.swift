/// A place where a text is no CSV.
package struct CSVError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  package enum Problem: Sendable, Hashable {
    /// A quote inside a cell that did not begin with one.
    case quoteInPlainCell
    /// Text between a closing quote and the next separator.
    case textAfterQuote
    /// The file ends inside quotes.
    case quoteNotClosed
    /// A carriage return outside quotes that no line feed follows.
    case bareCarriageReturn
    /// A NUL character.
    case nul
    /// The file begins as UTF-16 does.
    case utf16
    /// The row has more bytes than the limit.
    case rowTooLong(limit: Int)
    /// The row has more cells than the limit.
    case tooManyCells(limit: Int)
  }

  /// The line of the file, from 1. Line breaks inside quotes count.
  package var line: Int
  /// What is wrong there.
  package var problem: Problem

  /// The line, what is wrong there, and what to do.
  package var description: String { "line \(line): \(text)" }

  private var text: String {
    switch problem {
    case .quoteInPlainCell:
      "a quote stands inside a cell. Expected are quotes around the whole cell, and inside it two "
        + "for each one"
    case .textAfterQuote:
      "text follows a closing quote. Expected is the separator or the end of the line; quotes "
        + "inside a cell are doubled"
    case .quoteNotClosed: "a quote is opened here and never closed"
    case .bareCarriageReturn:
      "a carriage return stands alone. Expected are lines that end with LF or CR LF"
    case .nul: "there is a NUL character; is the file text?"
    case .utf16: "the file is UTF-16. Expected is UTF-8: save it as \"CSV UTF-8\""
    case .rowTooLong(let limit):
      "the row is longer than \(limit) bytes; is a quote not closed?"
    case .tooManyCells(let limit): "the row has more than \(limit) cells"
    }
  }
}

/// What a ``CSVParser`` accepts.
package struct CSVLimits: Sendable, Hashable {
  /// The most bytes of a row, quotes and line break included.
  package var rowBytes: Int
  /// The most cells of a row.
  package var cells: Int

  /// Limits; by default 1 MiB and 16,384 cells, which is what a spreadsheet has.
  package init(rowBytes: Int = 1 << 20, cells: Int = 16_384) {
    self.rowBytes = rowBytes
    self.cells = cells
  }
}

/// One row of CSV.
package struct CSVRow: Sendable, Hashable {
  /// The line on which it begins, from 1.
  package var line: Int
  /// The cells without quotes, as they stand in the file otherwise: escapes of ``CSVSafety`` and
  /// the check that they are UTF-8 are the caller's.
  package var cells: [[UInt8]]
  /// The row as it stands in the file, without its line break.
  package var raw: [UInt8]
}
