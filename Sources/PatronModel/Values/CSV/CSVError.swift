/// A syntax error in CSV, with its line.
package struct CSVError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of syntax error.
  package enum Problem: Sendable, Hashable {
    /// There is a quote inside an unquoted cell.
    case quoteInPlainCell
    /// There is text between a closing quote and the next separator.
    case textAfterQuote
    /// The file ends inside quotes.
    case quoteNotClosed
    /// A carriage return outside quotes is not followed by a line feed.
    case bareCarriageReturn
    /// There is a NUL character.
    case nul
    /// The file begins with a byte order mark of UTF-16.
    case utf16
    /// The row has more bytes than the limit.
    case rowTooLong(limit: Int)
    /// The row has more cells than the limit.
    case tooManyCells(limit: Int)
  }

  /// The line of the file, from 1. Line breaks inside quotes count.
  package var line: Int
  package var problem: Problem

  /// The line, the problem and the remedy.
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

/// The limits of a ``CSVParser``.
package struct CSVLimits: Sendable, Hashable {
  /// Maximum size of a row in bytes, with quotes and line break.
  package var rowBytes: Int
  /// Maximum number of cells in a row.
  package var cells: Int

  /// Makes limits: by default 1 MiB and 16,384 cells, the maximum of spreadsheets.
  package init(rowBytes: Int = 1 << 20, cells: Int = 16_384) {
    self.rowBytes = rowBytes
    self.cells = cells
  }
}

/// A row of CSV.
package struct CSVRow: Sendable, Hashable {
  /// The line on which it begins, from 1.
  package var line: Int
  /// The cells without quotes, otherwise as in the file. The caller removes escapes of
  /// ``CSVSafety`` and checks UTF-8.
  package var cells: [[UInt8]]
  /// The row as in the file, without its line break.
  package var raw: [UInt8]
}
