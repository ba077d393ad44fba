internal import PatronModel
package import PatronProto

/// The way in which an input is combined with the stored record.
package enum ApplyMode: Sendable {
  /// The caller intends every field that it gives.
  case explicit
  /// Only missing values are taken: an order or an event is not a reason to change a record.
  case fillGaps
}

/// A collection of the names of fields whose value changed.
struct ChangedFields {
  private(set) var names: [String] = []

  /// Sets a field, and records its name if the value differs.
  mutating func set<Value: Equatable>(_ name: String, _ field: inout Value, _ value: Value) {
    guard field != value else { return }
    field = value
    names.append(name)
  }

  mutating func insert(_ name: String) { names.append(name) }
}

extension CustomerDraft {
  /// Applies the fields to a record and returns the names of those that changed, sorted.
  /// `setsExternalID` is false if the record was found by an alias, or as the known customer behind
  /// a guest's order: its external id stays.
  package func apply(to customer: inout Customer, _ mode: ApplyMode, setsExternalID: Bool)
    -> [String]
  {
    var changed = ChangedFields()
    func edited<Value>(_ edit: FieldEdit<Value>, _ stored: Value?) -> Value? {
      switch mode {
      case .explicit: edit.applied(to: stored)
      case .fillGaps: stored ?? edit.value
      }
    }
    if setsExternalID {
      changed.set(
        "external_id",
        &customer.externalID,
        externalID.applied(to: customer.externalID)
      )
    }
    changed.set("email", &customer.email, edited(email.map(\.display), customer.email))
    changed.set(
      "phone_number",
      &customer.phoneNumber,
      edited(phone.map(\.e164), customer.phoneNumber)
    )
    for attribute in CustomerAttribute.all where given.contains(attribute) {
      apply(attribute, of: values.record, to: &customer, mode, &changed)
    }
    if let edit = address.value {
      let stored = customer.address
      changed.set(
        "address",
        &customer.address,
        mode == .explicit ? edit.applied(to: stored) : edit.filling(stored)
      )
    } else if case .clear = address, mode == .explicit {
      changed.set("address", &customer.address, nil)
    }
    for channel in clearedFlags {
      switch channel {
      case .sms: changed.set("accepts_sms_marketing", &customer.acceptsSMSMarketing, nil)
      case .email: changed.set("accepts_email_marketing", &customer.acceptsEmailMarketing, nil)
      }
    }
    applyProperties(to: &customer, mode, &changed)
    return changed.names.sorted()
  }

  /// Applies an attribute of the draft's values. A mode that fills gaps replaces a value only where
  /// the rule of the event says so, and never clears one.
  private func apply(
    _ attribute: CustomerAttribute,
    of values: Customer,
    to customer: inout Customer,
    _ mode: ApplyMode,
    _ changed: inout ChangedFields
  ) {
    let isWanted =
      overwrites.contains(attribute.name)
      ? attribute.isSet(values) : mode == .explicit || !attribute.isSet(customer)
    guard isWanted else { return }
    for field in attribute.fields where !field.isSame(values, customer) {
      field.copy(values, &customer)
      changed.insert(field.name)
    }
  }

  private func applyProperties(
    to customer: inout Customer,
    _ mode: ApplyMode,
    _ changed: inout ChangedFields
  ) {
    let replaces = overwrites.contains(Enrichment.properties)
    for (name, value) in properties {
      let isGap = value != nil && customer.customProperties[name] == nil
      guard mode == .explicit || replaces || isGap else { continue }
      changed.set("custom_properties.\(name)", &customer.customProperties[name], value)
    }
  }
}

extension FieldEdit {
  /// Returns the same edit with its value transformed.
  package func map<Other: Sendable>(_ transform: (Value) -> Other) -> FieldEdit<Other> {
    switch self {
    case .leave: .leave
    case .clear: .clear
    case .set(let value): .set(transform(value))
    }
  }
}
