internal import PatronModel
package import PatronProto

/// A writable field of a customer that has one value, with everything that any part of Patron does
/// with it. Custom properties are not attributes: the shop invents their names.
///
/// ``all`` lists them. A new one is an entry there; checks, masks, merges, enrichment, provenance,
/// exports and sample data follow. Every write walks the list: an attribute is a class, because
/// copies of a value with so many closures would be retained closure by closure.
package final class CustomerAttribute: Sendable {
  /// The part of a draft that holds the value.
  enum Role: Sendable {
    /// The draft's identifier: it is compared with those of other customers.
    case identifier(IdentifierField)
    /// ``CustomerDraft/values``, if the check of an input returns true.
    case value(
      check: @Sendable (CustomerInput, DraftCheck, inout Customer, inout Violations) -> Bool
    )
    /// ``CustomerDraft/address``: inputs may name parts of it.
    case address
    /// A marketing flag, which changes the consent. The record keeps it as the shop gave it.
    case flag(PatronModel.Channel)
  }

  /// The values that a merge of two customers keeps.
  package enum MergeRule: Sendable {
    /// The primary's, or the secondary's if the primary has none or the caller prefers it.
    case choice
    /// Those of both.
    case union
  }

  /// A field of the stored record. Most attributes have one.
  struct Field: Sendable {
    let name: String
    /// The bit of the field in stored provenance. It never changes.
    let bit: UInt64
    let isSet: @Sendable (Customer) -> Bool
    let isSame: @Sendable (Customer, Customer) -> Bool
    /// Copies the field of the first record into the second.
    let copy: @Sendable (Customer, inout Customer) -> Void

    init<Value: Equatable & Sendable>(_ name: String, bit: Int, _ member: Member<Customer, Value>) {
      self.name = name
      self.bit = 1 << UInt64(bit)
      isSet = { member.get($0) != nil }
      isSame = { member.get($0) == member.get($1) }
      copy = { member.set(&$1, member.get($0)) }
    }
  }

  /// A member of a message. Reading a key path would copy the message, with every text in it.
  struct Member<Root, Value: Sendable>: Sendable {
    let get: @Sendable (Root) -> Value?
    let set: @Sendable (inout Root, Value?) -> Void

    init(
      _ get: @escaping @Sendable (Root) -> Value?,
      set: @escaping @Sendable (inout Root, Value?) -> Void
    ) {
      self.get = get
      self.set = set
    }
  }

  /// The name in the contract, in masks and in provenance.
  package let name: String
  let role: Role
  /// The bit of the field with the attribute's name.
  let bit: UInt64
  /// The field with the attribute's name, and those that are kept beside it.
  let fields: [Field]
  package let mergeRule: MergeRule
  /// Copies the value of the first input into the second; an absent one clears it.
  let take: @Sendable (CustomerInput, inout CustomerInput) -> Void
  /// Returns true if an input has the field.
  let isGiven: @Sendable (CustomerInput) -> Bool
  /// The number of examples.
  package let exampleCount: Int
  /// Sets an example, by its number modulo ``exampleCount``. Sample data and tests use them.
  package let setExample: @Sendable (Int, inout CustomerInput) -> Void

  /// Makes an attribute. `empty` is the value that clears it in an input; nil if only its absence
  /// in a mask does.
  init<Value: Sendable>(
    _ role: Role,
    _ fields: [Field],
    input: Member<CustomerInput, Value>,
    empty: Value?,
    examples: [Value] = [],
    mergeRule: MergeRule = .choice
  ) {
    name = fields[0].name
    bit = fields[0].bit
    self.role = role
    self.fields = fields
    self.mergeRule = mergeRule
    take = { input.set(&$1, input.get($0) ?? empty) }
    isGiven = { input.get($0) != nil }
    exampleCount = examples.count
    setExample = { input.set(&$1, examples[$0 % examples.count]) }
  }

  /// Returns true if the record has a value.
  package func isSet(_ customer: Customer) -> Bool { fields[0].isSet(customer) }

  /// Returns true if both records have the same value.
  package func isSame(_ one: Customer, _ other: Customer) -> Bool {
    fields.allSatisfy { $0.isSame(one, other) }
  }

  /// Copies the value of the first record into the second.
  package func copy(_ source: Customer, _ target: inout Customer) {
    for field in fields { field.copy(source, &target) }
  }

  /// Returns the attribute called `name`, or nil if there is none.
  package static func named(_ name: String) -> CustomerAttribute? { byName[name] }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

/// The circumstances of the check of an input.
struct DraftCheck {
  /// The path of the input in violations: `customer`.
  let path: String
  /// Microseconds since 1970.
  let now: Int64
}

/// A set of attributes.
struct AttributeSet: Sendable {
  private var bits: UInt64 = 0

  var isEmpty: Bool { bits == 0 }

  func contains(_ attribute: CustomerAttribute) -> Bool { bits & attribute.bit != 0 }

  mutating func insert(_ attribute: CustomerAttribute) { bits |= attribute.bit }

  mutating func remove(_ attribute: CustomerAttribute) { bits &= ~attribute.bit }
}
