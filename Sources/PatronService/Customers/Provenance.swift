internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// Who last set which field of a customer, and when.
struct Provenance {
  private var byField: [String: FieldProvenance] = [:]

  /// The most properties of the shop's own, present or removed, that are remembered.
  private static let mostProperties = 200
  private static let propertyPrefix = Enrichment.properties + "."

  /// What is known of a customer who is stored.
  init(of customerID: Int64, in reader: StoreReader) throws {
    let stored = try GetCustomerResponse(stored: try reader.provenance(of: customerID))
    for entry in stored.provenance {
      for name in entry.field.split(separator: ",") {
        var entry = entry
        entry.field = String(name)
        byField[entry.field] = entry
      }
    }
  }

  /// One entry a field, sorted by name.
  var entries: [FieldProvenance] { byField.values.sorted { $0.field < $1.field } }

  /// Whether what was true at `time` may still be set: nothing set the field later. The event that
  /// set it itself may set it again, another of the same time too where it is new.
  func permits(_ field: String, at time: Int64, by event: Int64?) -> Bool {
    guard let last = byField[field], let setAt = last.setAt?.micros else { return true }
    if let event { return time > setAt || (time == setAt && last.eventID == event) }
    return time >= setAt
  }

  /// Notes who set fields. Consent is left out: its ledger says more.
  static func note(
    _ fields: [String], of customerID: Int64, setAt: Int64, by setter: String,
    event eventID: Int64 = 0, in writer: StoreWriter
  ) throws {
    let fields = fields.filter { $0 != "subscriptions" && $0 != "suppressions" }
    guard !fields.isEmpty else { return }
    var provenance = try Provenance(of: customerID, in: writer.read)
    for field in fields {
      provenance.byField[field] = .with {
        $0.field = field
        $0.setAt = .init(micros: setAt)
        $0.setBy = setter
        $0.eventID = eventID
      }
    }
    provenance.forgetOldProperties()
    try writer.setProvenance(try provenance.encoded(), of: customerID)
  }

  private mutating func forgetOldProperties() {
    let properties = byField.values.filter { $0.field.hasPrefix(Self.propertyPrefix) }
    guard properties.count > Self.mostProperties else { return }
    let newestFirst = properties.sorted {
      ($0.setAt?.micros ?? 0, $1.field) > ($1.setAt?.micros ?? 0, $0.field)
    }
    for entry in newestFirst.dropFirst(Self.mostProperties) { byField[entry.field] = nil }
  }

  /// Fields that were set together share an entry.
  private func encoded() throws -> [UInt8] {
    var groups: [FieldProvenance] = []
    for entry in entries {
      let place = groups.firstIndex {
        $0.setAt == entry.setAt && $0.setBy == entry.setBy && $0.eventID == entry.eventID
      }
      if let place {
        groups[place].field += "," + entry.field
      } else {
        groups.append(entry)
      }
    }
    return try GetCustomerResponse.with { $0.provenance = groups }.encoded()
  }
}

extension CustomerDraft {
  /// Leaves alone what an event of the past must not touch: fields that were set later, identifiers
  /// that its type does not tell of, and signed names where the customer has any.
  mutating func leave(
    what customer: Customer, has provenance: Provenance, newerThan time: Int64,
    unlessSetBy event: Int64?
  ) {
    func kept<Value>(_ field: String, _ edit: FieldEdit<Value>) -> FieldEdit<Value> {
      edit.isLeave || provenance.permits(field, at: time, by: event) ? edit : .leave
    }
    func identifier<Value>(_ field: String, _ edit: FieldEdit<Value>) -> FieldEdit<Value> {
      if let filledIdentifiers, !filledIdentifiers.contains(field) { return .leave }
      return kept(field, edit)
    }
    email = identifier("email", email)
    phone = identifier("phone_number", phone)
    if namesAreSigned, customer.firstName != nil || customer.lastName != nil {
      firstName = .leave
      lastName = .leave
    }
    firstName = kept("first_name", firstName)
    lastName = kept("last_name", lastName)
    gender = kept("gender", gender)
    accountCreatedAt = kept("account_created_at", accountCreatedAt)
    accountStatus = kept("account_status", accountStatus)
    language = kept("default_language", language)
    currency = kept("default_currency", currency)
    tags = kept("tags", tags)
    address = kept("address", address)
    properties.removeAll {
      !provenance.permits("\(Enrichment.properties).\($0.name)", at: time, by: event)
    }
  }
}
