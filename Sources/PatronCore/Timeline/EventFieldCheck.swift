internal import PatronModel
internal import PatronProto
internal import ProtobufC

/// The check of an event against the fields that the catalogue has for its type.
///
/// The check is lenient. Properties that the catalogue does not name are free. A number is as good
/// as text, a whole number is whole whatever its type, and a time may be a day or ISO 8601 text.
/// Required fields must be there. Types of third parties are free, templates of the catalogue
/// included: two applications may mean different things by one name.
enum EventFieldCheck {
  /// A field that does not fit.
  struct Misfit {
    /// Path below the event.
    var path: String
    var error: RuleError
    /// True if every event of the type has the field.
    var isRequired: Bool
    /// Name of the property; nil for references and amounts.
    var property: String?
  }

  /// Returns the fields that do not fit.
  static func violations(_ input: EventInput, as type: PatronModel.EventType) -> [Misfit] {
    guard type.source != .thirdParty else { return [] }
    return type.fields.compactMap { field in
      guard let error = error(of: field, in: input) else { return nil }
      return Misfit(
        path: path(of: field),
        error: error,
        isRequired: field.required,
        property: field.place == .property ? field.name : nil
      )
    }
  }

  private static func path(of field: PatronModel.EventField) -> String {
    switch field.place {
    case .property: "properties.\(field.name)"
    case .reference: "references.\(field.name)"
    case .amount: "amount"
    }
  }

  private static func error(
    of field: PatronModel.EventField,
    in input: EventInput
  ) -> RuleError? {
    switch field.place {
    case .amount:
      return field.required && input.amount == nil ? missing(field) : nil
    case .reference:
      let isGiven = input.references.map { !$0.reference(field.name).isEmpty } ?? false
      return field.required && !isGiven ? missing(field) : nil
    case .property:
      guard let value = input.properties[field.name], value.kind != nil else {
        return field.required ? missing(field) : nil
      }
      guard fits(value, field.kind) else { return mismatch(field) }
      guard let range = field.range, let number = value.wholeNumber else { return nil }
      return range.contains(number) ? nil : outside(range)
    }
  }

  private static func fits(_ value: PatronProto.PropertyValue, _ kind: EventFieldKind) -> Bool {
    switch (kind, value.kind) {
    case (.int, .doubleValue):
      value.wholeNumber != nil
    case (.string, .stringValue), (.string, .int64Value), (.string, .doubleValue),
      (.bool, .boolValue), (.int, .int64Value), (.double, .doubleValue), (.double, .int64Value),
      (.money, _), (.timestamp, .timestampValue), (.timestamp, .dateValue), (.date, .dateValue),
      (.date, .timestampValue):
      true
    case (.timestamp, .stringValue(let text)), (.date, .stringValue(let text)):
      (try? ISO8601Time(text)) != nil
    default:
      false
    }
  }

  private static func missing(_ field: PatronModel.EventField) -> RuleError {
    RuleError(
      reason: "FIELD_REQUIRED",
      message: "Events of this type need it. Expected is \(field.kind.expected)."
    )
  }

  private static func outside(_ range: ClosedRange<Int64>) -> RuleError {
    RuleError(
      reason: "PROPERTY_OUT_OF_RANGE",
      message: "Expected is a whole number from \(range.lowerBound) to \(range.upperBound)."
    )
  }

  private static func mismatch(_ field: PatronModel.EventField) -> RuleError {
    RuleError(
      reason: "PROPERTY_KIND_MISMATCH",
      message: "For this type of event the property is \(field.kind.expected)."
    )
  }
}

extension PatronProto.PropertyValue {
  /// The value as a whole number; nil when it is not whole.
  fileprivate var wholeNumber: Int64? {
    switch kind {
    case .int64Value(let number): number
    case .doubleValue(let number): Int64(exactly: number)
    default: nil
    }
  }
}

extension EventFieldKind {
  /// The expected form, in words.
  fileprivate var expected: String {
    switch self {
    case .string: "text"
    case .bool: "true or false"
    case .int: "a whole number"
    case .double: "a number"
    case .timestamp: "a time"
    case .date: "a day"
    case .money: "an amount of money with its currency"
    }
  }
}

extension EventReferences {
  /// Returns the reference that the catalogue calls `name`.
  fileprivate func reference(_ name: String) -> String {
    switch name {
    case "order_external_id": orderExternalID
    case "campaign_id": campaignID
    case "campaign_name": campaignName
    case "flow_id": flowID
    case "message_id": messageID
    case "product_id": productID
    case "checkout_token": checkoutToken
    case "review_id": reviewID
    default: ""
    }
  }
}
