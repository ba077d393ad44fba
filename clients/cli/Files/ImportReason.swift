import PatronClient
import PatronModel

/// The reason for rejecting a row, with columns of the file instead of fields of the request.
enum ImportReason {
  /// Returns the reason; `name` returns the file's name of a column.
  static func text(
    _ error: RPCError,
    _ item: ImportItem,
    name: (String) -> String
  ) -> String {
    SafeText.line(plain(error, item, name))
  }

  private static func plain(
    _ error: RPCError,
    _ item: ImportItem,
    _ name: (String) -> String
  ) -> String {
    if let conflict = conflict(error) ?? mismatch(error) { return conflict }
    let violations = error.violations.map { violation in
      let name = name(column(violation.field, item))
      return name.isEmpty ? violation.description : "\(name): \(violation.description)"
    }
    let reason = violations.isEmpty ? worded(error.message) : violations.joined(separator: "; ")
    guard error.reason == PatronReason.contactRequired else { return reason }
    return ([reason] + unusable(item.customer, name)).joined(separator: "; ")
  }

  /// Describes the invalid addresses of a row, which the server dropped before it missed them.
  private static func unusable(_ customer: CustomerInput?, _ name: (String) -> String) -> [String] {
    var broken: [(column: String, rule: RuleError)] = []
    if let email = customer?.email, !email.isEmpty {
      do throws(RuleError) { _ = try EmailAddress(email) } catch { broken.append(("email", error)) }
    }
    if let phone = customer?.phoneNumber, !phone.isEmpty {
      do throws(RuleError) {
        _ = try PhoneNumber(phone)
      } catch {
        broken.append(("phone_number", error))
      }
    }
    return broken.map { column, rule in
      // The store may have a default country that the number does not match.
      let isLocal = rule.reason == PhoneNumber.countryMissing
      let text = isLocal ? "It is not a phone number." : rule.message
      return "\(name(column)): the value was left out. \(text)"
    }
  }

  /// Returns a server's sentence with flags of the command instead of values of the request.
  static func worded(_ message: String) -> String {
    var text = message
    for (value, option) in options { text = text.replacing(value, with: option) }
    return text
  }

  private static let options = [
    ("on_mismatch ON_MISMATCH_KEEP", "--on-mismatch keep"),
    ("ON_MISMATCH_KEEP", "--on-mismatch keep"), ("ON_MISMATCH_REJECT", "--on-mismatch reject"),
    ("CONSENT_POLICY_OVERWRITE", "--consent overwrite"),
    ("CONSENT_POLICY_KEEP", "--consent keep"), ("INVALID_FIELDS_DROP", "--invalid-fields drop"),
    ("INVALID_FIELDS_REJECT", "--invalid-fields reject"),
  ]

  /// Describes a conflict of identifiers. The server's advice does not apply to imports.
  private static func conflict(_ error: RPCError) -> String? {
    guard error.reason == PatronReason.identifierConflict,
      let metadata = error.detail(GoogleRPC.ErrorInfo.self)?.metadata,
      let field = metadata["field"], let owner = metadata["customer_id"]
    else { return nil }
    return "\(field): it belongs to customer \(owner); leave the cell empty, or merge the two with "
      + "`patron customers merge`"
  }

  /// Describes a row that names two customers, in the words used for rows of the same file.
  private static func mismatch(_ error: RPCError) -> String? {
    guard error.reason == IdentityRequest.mismatchReason,
      let metadata = error.detail(GoogleRPC.ErrorInfo.self)?.metadata,
      let field = metadata["field"]
    else { return nil }
    let row = metadata["other_row"].map { "line \($0)" }
    let owner = metadata["customer_id"].flatMap { $0 == "0" ? nil : "customer \($0)" }
    let other = [row, owner].compactMap(\.self).joined(separator: ", ")
    return "\(IdentityRequest.mismatchReason): \(field) does not match the customer that the row "
      + "names with its other identifiers" + (other.isEmpty ? "" : ": see \(other)")
      + "; correct the row, or import with --on-mismatch keep"
  }

  /// Returns the column behind a path of the item, or the path itself if there is none.
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

  /// Returns the index in a path, such as 3 in `subscriptions[3]`.
  private static func index(_ part: String, _ name: String) -> Int? {
    guard part.hasPrefix(name + "["), part.hasSuffix("]") else { return nil }
    return Int(part.dropFirst(name.count + 1).dropLast())
  }
}
