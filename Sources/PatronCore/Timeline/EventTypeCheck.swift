package import PatronModel
package import PatronProto
internal import PatronStore
internal import ProtobufC

/// The check of a type that a store registers.
package struct EventTypeCheck {
  /// Limits of registered types. All types of a store fit one answer.
  package enum Limit {
    package static let types = 400
    package static let fields = 50
    package static let description = 1024
    package static let bytes = 8 * 1024
  }

  package private(set) var violations = Violations()

  package init() {}

  /// Returns the type as it will be stored. Product, enrichment and author are set by the server
  /// alone.
  package mutating func checked(_ given: PatronProto.EventType) -> PatronProto.EventType {
    var type = given
    if given.source != .unspecified, given.source != .thirdParty {
      add(
        "source",
        "SOURCE_NOT_THIRD_PARTY",
        "Only types of third parties are registered: EVENT_SOURCE_THIRD_PARTY, or none."
      )
    }
    type.source = .thirdParty
    type.product = ""
    type.enriches = []
    type.author = nil
    _ = violations.check("type.source_name") { () throws(RuleError) in
      try EventRules.checkSourceName(given.sourceName, of: .thirdParty)
    }
    _ = violations.check("type.type") { () throws(RuleError) in
      try EventRules.checkType(given.type, of: .thirdParty)
    }
    type.label = text(given.label, "label", ShortText.limit)
    if type.label.isEmpty { type.label = EventTitle.made(of: given.type) }
    type.description = text(given.description, "description", Limit.description)
    type.fields = fields(given.fields)
    let size = (try? type.encodedSize) ?? .max
    if violations.isEmpty, size > Limit.bytes {
      add(
        "fields",
        "EVENT_TYPE_TOO_LARGE",
        "The type has \(size) bytes; at most \(Limit.bytes) are allowed. Shorten names and texts."
      )
    }
    return type
  }

  private mutating func fields(_ given: [PatronProto.EventField]) -> [PatronProto.EventField] {
    guard given.count <= Limit.fields else {
      add(
        "fields",
        "LIST_TOO_LONG",
        "There are \(given.count) fields; at most \(Limit.fields) are allowed."
      )
      return given
    }
    var fields = given
    var names: Set<String> = []
    for (index, field) in given.enumerated() {
      let path = "fields[\(index)]"
      for violation in EventRules.checkProperties([PropertySize(name: field.name, valueBytes: 0)]) {
        violations.add("type.\(path).name", violation.error)
      }
      if !names.insert(field.name).inserted {
        add("\(path).name", "PROPERTY_DUPLICATE", "The field is given twice. Keep one.")
      }
      if field.type.isEmpty { fields[index].type = EventFieldKind.string.rawValue }
      let kind = EventFieldKind(rawValue: fields[index].type)
      if kind == nil || kind == .money {
        add(
          "\(path).type",
          "FIELD_TYPE_UNKNOWN",
          "Expected is string, bool, int, double, timestamp or date."
        )
      }
    }
    return fields
  }

  private mutating func text(_ given: String, _ field: String, _ limit: Int) -> String {
    let text = violations.check("type.\(field)") { () throws(RuleError) in
      try ShortText.parse(given, limit: limit)
    }
    return text ?? given
  }

  private mutating func add(_ field: String, _ reason: String, _ message: String) {
    violations.add("type.\(field)", RuleError(reason: reason, message: message))
  }
}

extension PatronProto.EventType {
  /// Makes a type of the catalogue as callers see it. Fields that stand outside the properties have
  /// the path as their name.
  package init(_ type: PatronModel.EventType) {
    self.init()
    source = .init(rawValue: Int32(type.source.rawValue))
    sourceName = type.application ?? ""
    self.type = type.name
    product = type.product?.rawValue ?? ""
    label = type.label
    description = type.description
    fields = type.fields.map { field in
      .with {
        $0.name = field.place == .reference ? "references.\(field.name)" : field.name
        $0.type = field.kind.rawValue
        $0.required = field.required
        $0.personal = field.personal
      }
    }
    enriches = type.enriches
  }
}
