import PatronClient
import PatronModel

/// A converter from the records of a file to the items of a call.
protocol ImportMaker {
  associatedtype Item: Message & Sendable

  /// Returns the item of a record, and appends remarks about it to `warnings`. Records are passed
  /// in the order of the file.
  ///
  /// - Throws: the reason for rejecting the record.
  mutating func item(
    _ line: ImportedLine,
    _ warnings: inout [Warning]
  ) throws(LocalError) -> Item

  /// Returns the item of a record without comparing it to earlier records.
  func read(_ line: ImportedLine, _ warnings: inout [Warning]) throws(LocalError) -> Item
}

/// The call that sends items to a server.
protocol ImportCall: Sendable {
  associatedtype Item: Message & Sendable

  /// The word for one item in messages, such as `customer`.
  var noun: String { get }

  /// Sends items and returns their results in the same order.
  func results(of items: [Item], in session: Session) async throws(RPCError) -> [BatchItemResult]

  /// Returns the reason of a rejection, in terms of the file's columns.
  func reason(_ error: RPCError, _ item: Item) -> String
}

/// A converter from CSV cells to text.
struct ImportText {
  /// True if cells are read unchanged, without removing the mark against formulas.
  let isUnescaped: Bool

  /// Returns the cells of a row.
  ///
  /// - Parameter reasonIndex: index of the reason column in a file of rejects. A padded row is
  /// rejected until its reason is emptied.
  /// - Throws: an error if a cell is not UTF-8 or the number of cells is not `count`.
  func cells(
    _ line: ImportedLine,
    count: Int,
    reasonIndex: Int?
  ) throws(LocalError) -> [String] {
    var cells: [String] = []
    for cell in line.cells {
      let bytes = isUnescaped ? cell[...] : CSVSafety.unmarked(cell)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw LocalError("the row is not valid UTF-8; save the file as UTF-8")
      }
      cells.append(text)
    }
    guard cells.count == count else {
      throw LocalError(
        "the row has \(ValueText.plural(cells.count, "cell")); the header has \(count)"
      )
    }
    if let reason = reasonIndex.map({ cells[$0] }), reason.hasSuffix(ImportHeader.incomplete) {
      throw LocalError(reason)
    }
    return cells
  }

  /// Returns the column names of a header.
  static func names(_ line: ImportedLine, _ file: String) throws(LocalError) -> [String] {
    var names: [String] = []
    for cell in line.cells {
      guard let name = String(validating: cell, as: UTF8.self) else {
        throw LocalError(
          "\(file), line \(line.number): the header is not valid UTF-8; save the file as UTF-8"
        )
      }
      names.append(name)
    }
    return names
  }
}

/// A converter to customers that reports records which name the same customer.
protocol CustomerMaker: ImportMaker where Item == ImportItem {
  var duplicates: ImportDuplicates { get set }
}

extension CustomerMaker {
  mutating func item(
    _ line: ImportedLine,
    _ warnings: inout [Warning]
  ) throws(LocalError) -> ImportItem {
    let item = try read(line, &warnings)
    try duplicates.check(item, at: line.number, &warnings)
    return item
  }
}

/// The converter from CSV rows to customers.
struct CustomerRows: CustomerMaker {
  let header: ImportHeader
  let text: ImportText
  let times: Times
  let dropsInvalid: Bool
  var duplicates: ImportDuplicates

  func read(
    _ line: ImportedLine,
    _ warnings: inout [Warning]
  ) throws(LocalError) -> ImportItem {
    let cells = try text.cells(
      line,
      count: header.columns.count,
      reasonIndex: header.reasonIndex
    )
    var item = try ImportRow.item(
      header,
      cells,
      times,
      dropsInvalid: dropsInvalid,
      &warnings
    )
    item.row = Int32(clamping: line.number)
    return item
  }
}

/// The converter from NDJSON lines of exports to customers.
struct CustomerRecords: CustomerMaker {
  var duplicates: ImportDuplicates
  private let dropsInvalid: Bool
  private let options = JSONReadOptions(
    ignoresUnknownFields: true,
    resolve: Session.resolve
  )

  init(duplicates: ImportDuplicates, dropsInvalid: Bool) {
    self.duplicates = duplicates
    self.dropsInvalid = dropsInvalid
  }

  func read(
    _ line: ImportedLine,
    _ warnings: inout [Warning]
  ) throws(LocalError) -> ImportItem {
    let text = RejectedJSON.original(line.raw)
    guard !text.starts(with: RejectedJSON.textBeginning) else {
      throw LocalError(
        "the line is not a customer; replace the line with the object in its member input"
      )
    }
    var item = ImportItem(try customer(text, &warnings))
    item.row = Int32(clamping: line.number)
    return item
  }

  private func customer(_ text: [UInt8], _ warnings: inout [Warning]) throws(LocalError) -> Customer
  {
    do throws(JSONError) {
      return try Customer(json: text, options: options)
    } catch {
      let rest = dropsInvalid ? Self.withoutCreation(text, error) : nil
      if let rest, let customer = try? Customer(json: rest, options: options) {
        warnings.append(
          .with {
            $0.reason = "FIELD_DROPPED"
            $0.field = "customer.account_created_at"
            $0.message = "The value was left out. \(SafeText.line(error.message))"
            $0.rule = "VALUE_MALFORMED"
          }
        )
        return customer
      }
      var place = error
      place.line = 0
      throw LocalError("the line is not a customer: \(place)")
    }
  }

  /// Returns the line with null in place of a malformed account creation time, which does not
  /// justify rejecting the record. Returns nil for other errors.
  private static func withoutCreation(_ text: [UInt8], _ error: JSONError) -> [UInt8]? {
    guard ["accountCreatedAt", "account_created_at"].contains(error.path), error.line == 1 else {
      return nil
    }
    // Columns count characters from 1.
    var characters = 0
    let quote = UInt8(ascii: "\"")
    guard
      let start = text.firstIndex(where: { byte in
        if byte & 0xC0 != 0x80 { characters += 1 }
        return characters == error.column
      }), text[start] == quote
    else { return nil }
    var end = start + 1
    while end < text.count, text[end] != quote { end += text[end] == UInt8(ascii: "\\") ? 2 : 1 }
    guard end < text.count else { return nil }
    return Array(text[..<start]) + Array("null".utf8) + Array(text[(end + 1)...])
  }
}

extension ImportItem {
  /// Creates an item from an exported customer: fields, consent and suppressions. Values that the
  /// server sets, or that come from orders and events, are ignored.
  init(_ customer: Customer) {
    self.init()
    self.customer = .with {
      for property in CustomerProperty.all { property.copy(customer, &$0) }
      if let locale = customer.locale, ImportRow.saysMore(locale, than: customer.defaultLanguage) {
        $0.defaultLanguage = locale
      }
      $0.address = customer.address
      $0.customProperties = customer.customProperties
    }
    subscriptions = customer.subscriptions.map { subscription in
      var subscription = subscription
      subscription.ledgerID = 0
      return subscription
    }
    // Every topic of a channel repeats the suppressions of its address.
    for suppression in customer.channels.flatMap(\.suppressions)
    where !suppressions.contains(where: {
      $0.channel == suppression.channel && $0.reason == suppression.reason
    }) {
      suppressions.append(suppression)
    }
  }
}

struct CustomerImportCall: ImportCall {
  /// The request without items.
  let frame: ImportCustomersRequest
  /// The header of the file; nil for NDJSON.
  let header: ImportHeader?

  var noun: String { "customer" }

  func results(
    of items: [ImportItem],
    in session: Session
  ) async throws(RPCError) -> [BatchItemResult] {
    var request = frame
    request.items = items
    return try await session.client.customers
      .importCustomers(request, options: session.call).results
  }

  func reason(_ error: RPCError, _ item: ImportItem) -> String {
    ImportReason.text(error, item) { header?.name(of: $0) ?? $0 }
  }
}
