import PatronClient

import enum PatronModel.CustomerField

/// A property of a customer, with everything that the command line does with it: its flag, its
/// column in files and its line in a card. ``all`` lists them; custom properties and the parts of
/// the address have flags and columns of their own.
struct CustomerProperty: Sendable {
  let column: CustomerField
  /// The flag without `--`; it is also the name that `--clear` takes.
  let flag: String
  /// Returns true if the flag was given.
  let isGiven: @Sendable (CustomerFields) -> Bool
  /// Sets the value of the flag, if it was given.
  let apply: @Sendable (CustomerFields, inout CustomerInput, Times) throws -> Void
  /// Sets the field to the value that clears it; nil if no value does.
  let clear: (@Sendable (inout CustomerInput) -> Void)?
  /// Parses a cell of an import.
  let parse: @Sendable (String, inout CustomerInput, Times) throws -> Void
  /// True if a malformed cell does not justify rejecting its row.
  let isSecondary: Bool
  /// Copies the value of an exported customer.
  let copy: @Sendable (Customer, inout CustomerInput) -> Void
  /// Returns the cell of a list.
  let cell: @Sendable (Customer) -> String
  /// Returns the line of a card, or nil if another property's line shows the value.
  let line: (@Sendable (Customer) -> (label: String, value: String))?

  static func text(
    _ column: CustomerField,
    _ flag: String,
    _ value: any KeyPath<CustomerFields, String?> & Sendable,
    _ input: any WritableKeyPath<CustomerInput, String?> & Sendable,
    _ field: any KeyPath<Customer, String?> & Sendable,
    line: (@Sendable (Customer) -> (label: String, value: String))?
  ) -> CustomerProperty {
    CustomerProperty(
      column: column,
      flag: flag,
      isGiven: { $0[keyPath: value] != nil },
      apply: { fields, target, _ in
        if let text = fields[keyPath: value] { target[keyPath: input] = text }
      },
      clear: { $0[keyPath: input] = "" },
      parse: { cell, target, _ in target[keyPath: input] = cell },
      isSecondary: false,
      copy: { $1[keyPath: input] = $0[keyPath: field] },
      cell: { $0[keyPath: field] ?? "" },
      line: line
    )
  }

  static func time(
    _ column: CustomerField,
    _ flag: String,
    _ value: any KeyPath<CustomerFields, TimeArgument?> & Sendable,
    _ input: any WritableKeyPath<CustomerInput, GoogleProtobuf.Timestamp?> & Sendable,
    _ field: any KeyPath<Customer, GoogleProtobuf.Timestamp?> & Sendable
  ) -> CustomerProperty {
    CustomerProperty(
      column: column,
      flag: flag,
      isGiven: { $0[keyPath: value] != nil },
      apply: { fields, target, times in
        guard let time = fields[keyPath: value] else { return }
        target[keyPath: input] = try times.timestamp(time)
      },
      clear: { $0[keyPath: input] = GoogleProtobuf.Timestamp() },
      parse: { cell, target, times in
        target[keyPath: input] = try CellValue.time(cell, times)
      },
      isSecondary: true,
      copy: { $1[keyPath: input] = $0[keyPath: field] },
      cell: { ValueText.instant($0[keyPath: field]) },
      line: nil
    )
  }

  static func date(
    _ column: CustomerField,
    _ flag: String,
    _ value: any KeyPath<CustomerFields, CalendarDate?> & Sendable,
    _ input: any WritableKeyPath<CustomerInput, CalendarDate?> & Sendable,
    _ field: any KeyPath<Customer, CalendarDate?> & Sendable,
    label: String
  ) -> CustomerProperty {
    CustomerProperty(
      column: column,
      flag: flag,
      isGiven: { $0[keyPath: value] != nil },
      apply: { fields, target, _ in
        if let date = fields[keyPath: value] { target[keyPath: input] = date }
      },
      clear: { $0[keyPath: input] = CalendarDate() },
      parse: { cell, target, _ in target[keyPath: input] = try DateArgument.parse(cell) },
      isSecondary: true,
      copy: { $1[keyPath: input] = $0[keyPath: field] },
      cell: { ValueText.date($0[keyPath: field]) },
      line: { (label, ValueText.date($0[keyPath: field])) }
    )
  }

  static func marketing(
    _ column: CustomerField,
    _ flag: String,
    _ value: any KeyPath<CustomerFields, Bool?> & Sendable,
    _ input: any WritableKeyPath<CustomerInput, Bool?> & Sendable,
    _ field: any KeyPath<Customer, Bool?> & Sendable
  ) -> CustomerProperty {
    CustomerProperty(
      column: column,
      flag: flag,
      isGiven: { $0[keyPath: value] != nil },
      apply: { fields, target, _ in
        if let value = fields[keyPath: value] { target[keyPath: input] = value }
      },
      clear: nil,
      parse: { cell, target, _ in target[keyPath: input] = try BoolArgument.parse(cell) },
      isSecondary: false,
      copy: { $1[keyPath: input] = $0[keyPath: field] },
      cell: { $0[keyPath: field].map { $0 ? "true" : "false" } ?? "" },
      line: nil
    )
  }

  /// Returns the property of a column, or nil if the column holds anything else.
  static func of(_ column: CustomerField) -> CustomerProperty? { byColumn[column] }

  private static let byColumn = Dictionary(uniqueKeysWithValues: all.map { ($0.column, $0) })
}
