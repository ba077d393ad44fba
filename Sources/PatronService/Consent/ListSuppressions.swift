internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// Returns the row of the audit log for a page. Every page has one: a caller who kept the token
  /// of a page could read the list without its first page.
  static func audit(_ request: ListSuppressionsRequest) -> AuditedRead {
    AuditedRead(.suppressionsExport)
  }

  /// Appends a page of a store's suppressions, in the order of channel and hash.
  static func listSuppressions(
    _ request: ListSuppressionsRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let size = try PageSize.check(request.pageSize, usual: 100, greatest: 1000)
    var violations = Violations()
    violations.checkKnown(
      "channel",
      request.channel.rawValue,
      ContactChannel.email.rawValue
    )
    violations.checkKnown(
      "reason",
      request.reason.rawValue,
      PatronProto.SuppressionReason.unsubscribed.rawValue
    )
    try violations.finish()
    var binding = PageBinding(.suppressions, store: reader.store.name)
    var filter = Fingerprint(Int64(request.channel.rawValue))
    filter.add(Int64(request.reason.rawValue))
    binding.bind(.filter, filter)
    var place = SuppressionPlace(channel: Int(request.channel.rawValue))
    if !request.pageToken.isEmpty {
      let token = try PageToken(
        request.pageToken,
        boundTo: binding,
        count: SuppressionPlace.wordCount
      )
      place = SuppressionPlace(words: token.position)
    }
    let (rows, hasMore) = try page(of: request, behind: place, size: size, reader)
    var answer = ListSuppressionsResponse()
    let owners = try SuppressionOwners(of: rows, in: reader, at: context.now)
    answer.suppressions = rows.map { owners.suppression($0) }
    if hasMore, let last = rows.last {
      let token = PageToken(position: SuppressionPlace(of: last).words)
      answer.nextPageToken = token.text(boundTo: binding)
    }
    try response.append(answer)
  }

  /// Returns up to `size` suppressions that a request asks for, and true if there are more.
  private static func page(
    of request: ListSuppressionsRequest,
    behind place: SuppressionPlace,
    size: Int,
    _ reader: StoreReader
  ) throws -> (rows: [SuppressionRow], hasMore: Bool) {
    var rows: [SuppressionRow] = []
    var hasMore = false
    try SuppressionReader(reader).suppressions(
      behind: place.channel,
      place.hash,
      place.reason
    ) { row in
      let isOfChannel =
        request.channel == .unspecified || row.channel.rawValue == Int(request.channel.rawValue)
      guard isOfChannel else { return false }
      guard request.reason == .unspecified || row.reason == Int64(request.reason.rawValue) else {
        return true
      }
      guard rows.count < size else {
        hasMore = true
        return false
      }
      rows.append(row)
      return true
    }
    return (rows, hasMore)
  }
}

/// A position in the list of suppressions, at the end of a page.
struct SuppressionPlace: Equatable {
  /// The number of the channel.
  var channel: Int
  /// The hash of the address; empty before the first suppression.
  var hash: [UInt8] = []
  /// The number of the reason.
  var reason: Int64 = 0

  /// The count of numbers in a position: the channel, four for the hash, the reason.
  static let wordCount = 6

  /// Creates the position before the first suppression of a channel.
  init(channel: Int) { self.channel = channel }

  /// Creates the position of a suppression.
  init(of row: SuppressionRow) {
    channel = row.channel.rawValue
    hash = row.addressHash
    reason = row.reason
  }

  /// Creates the position from its ``words``.
  init(words: [Int64]) {
    channel = Int(truncatingIfNeeded: words[0])
    for word in words[1...4] {
      let bits = UInt64(bitPattern: word)
      for shift in stride(from: 56, through: 0, by: -8) {
        hash.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
      }
    }
    reason = words[5]
  }

  /// The position as the numbers of a page token.
  var words: [Int64] {
    let parts = stride(from: 0, to: 32, by: 8).map { start in
      hash[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    return [Int64(channel)] + parts.map { Int64(bitPattern: $0) } + [reason]
  }
}

/// The customers who have the addresses of a page of suppressions. An address cannot be computed
/// from its hash, so the addresses of the store's suppressed customers are hashed until all hashes
/// are found.
struct SuppressionOwners {
  private struct Key: Hashable {
    var channel: PatronModel.Channel
    var hash: [UInt8]
  }

  private var owners: [Key: (id: Int64, address: String)] = [:]

  init(of rows: [SuppressionRow], in reader: StoreReader, at now: Int64) throws {
    let suppressions = SuppressionReader(reader)
    for channel in PatronModel.Channel.allCases {
      var wanted = Set(rows.filter { $0.channel == channel }.map(\.addressHash))
      guard !wanted.isEmpty else { continue }
      let suppressed = try FilterSets.set(channel.name, "suppressed", at: now, in: reader)
      try reader.customerIDs(in: suppressed) { id in
        guard let row = try reader.customerRow(.id(id)), let address = row.address(channel) else {
          return true
        }
        let hash = try suppressions.hash(address)
        guard wanted.remove(hash) != nil else { return true }
        let shown = channel == .sms ? address : try Customer(stored: row.body).email ?? address
        owners[Key(channel: channel, hash: hash)] = (id, shown)
        return !wanted.isEmpty
      }
    }
  }

  /// Returns a suppression with the id and address of its customer.
  func suppression(_ row: SuppressionRow) -> AddressSuppression {
    let owner = owners[Key(channel: row.channel, hash: row.addressHash)]
    return .with {
      $0.addressHash = row.addressHash
      $0.address = owner?.address ?? ""
      $0.customerID = owner?.id ?? 0
      $0.suppression = PatronProto.Suppression(row)
    }
  }
}
