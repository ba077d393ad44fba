import PatronClient
import PatronModel

/// Why the server refused a row, in the words of the file: columns instead of the request's fields.
enum ImportReason {
  /// The reason; `name` tells what the file calls a column.
  static func text(
    _ error: RPCError, _ item: ImportItem, name: (String) -> String
  ) -> String {
    SafeText.line(plain(error, item, name))
  }

  private static func plain(
    _ error: RPCError, _ item: ImportItem, _ name: (String) -> String
  ) -> String {
    if let conflict = conflict(error) { return conflict }
    let violations = error.violations.map { violation in
      let name = name(column(violation.field, item))
      return name.isEmpty ? violation.description : "\(name): \(violation.description)"
    }
    return violations.isEmpty ? error.message : violations.joined(separator: "; ")
  }

  /// The server's advice is for calls that can leave the identifier to its owner.
  private static func conflict(_ error: RPCError) -> String? {
    guard error.reason == "IDENTIFIER_CONFLICT",
      let metadata = error.detail(GoogleRPC.ErrorInfo.self)?.metadata,
      let field = metadata["field"], let owner = metadata["customer_id"]
    else { return nil }
    return "\(field): it belongs to customer \(owner); leave the cell empty, or join the two with "
      + "`patron customers merge`"
  }

  /// The column that a path of the item is made from; the path where no column is.
  static func column(_ path: String, _ item: ImportItem) -> String {
    let parts = path.split(separator: ".", maxSplits: 2).map(String.init)
    guard let first = parts.first else { return "" }
    if let index = index(first, "subscriptions"), item.subscriptions.indices.contains(index) {
      return column(item.subscriptions[index], parts.count > 1 ? parts[1] : "") ?? path
    }
    if let index = index(first, "suppressions"), item.suppressions.indices.contains(index) {
      return column(item.suppressions[index], parts.count > 1 ? parts[1] : "") ?? path
    }
    guard first == "customer" else { return path }
    switch parts.dropFirst().first {
    case nil: return ""
    case "custom_properties": return CustomerColumn.propertyPrefix + parts.dropFirst(2).joined()
    case "address":
      let field = parts.dropFirst(2).joined()
      return field == "phone_number" ? CustomerField.addressPhoneNumber.rawValue : field
    case let field?: return field
    }
  }

  private static func column(_ consent: PatronProto.Subscription, _ field: String) -> String? {
    guard let channel = PatronModel.Channel(rawValue: Int(consent.channel.rawValue)),
      let topic = PatronModel.Topic(rawValue: Int(consent.topic.rawValue))
    else { return nil }
    let part: ConsentColumn =
      switch field {
      case "changed_at": .changedAt
      case "source": .source
      case "subscribed_at": .subscribedAt
      case "unsubscribed_at": .unsubscribedAt
      case "opt_in_level": .optInLevel
      case "changed_by": .changedBy
      case "expires_at": .expiresAt
      default: .state
      }
    return CustomerColumn.consent(channel, topic, part).name
  }

  private static func column(_ suppression: PatronProto.Suppression, _ field: String) -> String? {
    guard let channel = PatronModel.Channel(rawValue: Int(suppression.channel.rawValue)) else {
      return nil
    }
    let part: SuppressionColumn =
      switch field {
      case "suppressed_at": .suppressedAt
      case "source": .sources
      case "note": .notes
      default: .reasons
      }
    return CustomerColumn.suppression(channel, part).name
  }

  /// `3` of `subscriptions[3]`.
  private static func index(_ part: String, _ name: String) -> Int? {
    guard part.hasPrefix(name + "["), part.hasSuffix("]") else { return nil }
    return Int(part.dropFirst(name.count + 1).dropLast())
  }
}
