internal import PatronModel
internal import PatronProto
internal import ProtobufC

/// The event for a change of the customer's record by a caller. Fields that orders and events fill
/// are reported by the event that filled them.
enum ProfileEvent {
  /// Bytes of text that a list of tags may take.
  private static let tagBytes = 4096

  /// Returns the event of a new customer.
  static func created(_ customer: Customer) -> Event {
    event("profile_created", of: customer, ["origin": customer.origin.word])
  }

  /// Returns the event of changed fields, or nil when only consent changed, which has events of its
  /// own. The event has the names of the fields, never their values, except for tags.
  static func updated(_ old: Customer, to new: Customer, _ changedFields: [String]) -> Event? {
    let fields = changedFields.filter { $0 != "subscriptions" }
    if fields.count < changedFields.count, fields.allSatisfy(isFlag) { return nil }
    guard fields == ["tags"] else {
      return event(
        "profile_updated",
        of: new,
        ["changed_fields": fields.sorted().joined(separator: ",")]
      )
    }
    let before = tags(of: old)
    let after = tags(of: new)
    let known = Set(before.map(TagSet.key))
    let kept = Set(after.map(TagSet.key))
    return event(
      "tags_changed",
      of: new,
      [
        "added": list(after.filter { !known.contains(TagSet.key($0)) }),
        "removed": list(before.filter { !kept.contains(TagSet.key($0)) }),
      ]
    )
  }

  private static func isFlag(_ field: String) -> Bool {
    field == "accepts_sms_marketing" || field == "accepts_email_marketing"
  }

  private static func tags(of customer: Customer) -> [String] {
    (customer.tags ?? "").split(separator: ",").map(String.init)
  }

  /// Returns as many tags as fit; `…` stands for the others.
  private static func list(_ tags: [String]) -> String {
    var text = ""
    for tag in tags {
      if text.utf8.count + tag.utf8.count > tagBytes { return text + ",…" }
      text += text.isEmpty ? tag : "," + tag
    }
    return text
  }

  /// Makes the event of a change. Its id is the etag that the change gave the record.
  private static func event(
    _ type: String,
    of customer: Customer,
    _ properties: [String: String]
  ) -> Event {
    let known = EventCatalogue.type(type, of: .product)
    return .with {
      $0.eventID = "\(EventCheck.reservedPrefix)\(type):\(customer.etag)"
      $0.source = .product
      $0.product = known?.product?.rawValue ?? ""
      $0.type = type
      $0.title = known?.label ?? type
      $0.occurredAt = customer.updatedAt
      for (name, text) in properties where !text.isEmpty {
        $0.properties[name] = .with { $0.kind = .stringValue(text) }
      }
    }
  }
}
