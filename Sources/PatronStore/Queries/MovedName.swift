internal import PatronModel

/// The encoding of aliases, checkouts and suppressions in `merged_names`.
enum MovedName {
  private static let id: Int64 = 3
  private static let externalID: Int64 = 4
  private static let checkout: Int64 = 5
  private static let suppression: Int64 = 6

  static func all(_ moved: MovedRecords) -> [(kind: Int64, name: String)] {
    let aliases = moved.formerIdentifiers.map { former -> (kind: Int64, name: String) in
      switch former {
      case .id(let number): (id, String(number))
      case .externalID(let text): (externalID, text)
      case .address(let channel, let text): (Int64(channel.rawValue), text)
      }
    }
    return aliases + moved.checkouts.map { (checkout, $0) }
      + moved.suppressions.map { (suppression, text($0)) }
  }

  /// Encodes a suppression as channel, reason, time, hash and source: `1 9 1700000000000000 0a1b…
  /// merge`.
  private static func text(_ row: SuppressionRow) -> String {
    let hash = row.addressHash.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    let what = "\(row.channel.rawValue) \(row.reason) \(row.suppressedAt)"
    return "\(what) \(hash.joined()) \(row.source)"
  }

  private static func suppression(_ text: String) -> SuppressionRow? {
    let parts = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, let channel = Int(parts[0]).flatMap(Channel.init(rawValue:)),
      let reason = Int64(parts[1]), let time = Int64(parts[2])
    else { return nil }
    let digits = Array(parts[3])
    let hash = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    return SuppressionRow(
      channel: channel,
      addressHash: hash,
      reason: reason,
      suppressedAt: time,
      source: String(parts[4]),
      note: ""
    )
  }

  static func read(_ kind: Int64, _ name: String, into moved: inout MovedRecords) throws {
    switch kind {
    case checkout: moved.checkouts.append(name)
    case externalID: moved.formerIdentifiers.append(.externalID(name))
    case id:
      guard let number = Int64(name) else {
        throw StoreError.corrupt("the journal of merges names an id that is no number")
      }
      moved.formerIdentifiers.append(.id(number))
    case suppression:
      guard let row = suppression(name) else {
        throw StoreError.corrupt("the journal of merges has a suppression that is none")
      }
      moved.suppressions.append(row)
    default:
      guard let channel = Channel(rawValue: Int(kind)) else {
        throw StoreError.corrupt("the journal of merges has a name of an unknown kind")
      }
      // A version without a canonical form of phone numbers stored them as they were spelled.
      let phone = channel == .sms ? try? PhoneNumber(name) : nil
      moved.formerIdentifiers.append(.address(channel, phone?.e164 ?? name))
    }
  }
}
