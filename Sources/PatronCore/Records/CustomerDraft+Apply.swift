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
    func newest<Value>(_ name: String, _ edit: FieldEdit<Value>, _ stored: Value?) -> Value? {
      overwrites.contains(name) ? edit.value ?? stored : edited(edit, stored)
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
    changed.set("first_name", &customer.firstName, edited(firstName, customer.firstName))
    changed.set("last_name", &customer.lastName, edited(lastName, customer.lastName))
    changed.set("gender", &customer.gender, edited(gender.map(\.rawValue), customer.gender))
    changed.set(
      "account_created_at",
      &customer.accountCreatedAt,
      newest(
        "account_created_at",
        accountCreatedAt.map { .init(micros: $0.microseconds) },
        customer.accountCreatedAt
      )
    )
    changed.set(
      "account_status",
      &customer.accountStatus,
      newest("account_status", accountStatus.map(\.rawValue), customer.accountStatus)
    )
    changed.set(
      "default_currency",
      &customer.defaultCurrency,
      edited(currency.map(\.code), customer.defaultCurrency)
    )
    changed.set("tags", &customer.tags, edited(tags, customer.tags))
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
    applyLanguage(to: &customer, mode, &changed)
    applyProperties(to: &customer, mode, &changed)
    return changed.names.sorted()
  }

  /// Applies the language, which is stored as a code and as the whole tag that the code was taken
  /// from.
  private func applyLanguage(
    to customer: inout Customer,
    _ mode: ApplyMode,
    _ changed: inout ChangedFields
  ) {
    guard !language.isLeave, mode == .explicit || customer.defaultLanguage == nil else { return }
    changed.set("default_language", &customer.defaultLanguage, language.value?.code)
    changed.set("locale", &customer.locale, language.value?.locale)
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
