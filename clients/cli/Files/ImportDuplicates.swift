import PatronClient
import PatronModel

/// The identifiers of the records of one file so far, to report records that name the same
/// customer. It keeps hashes, up to a limit; the server decides by its stored records.
///
/// A record that shares an e-mail address or phone number with an earlier record, but differs in
/// another identifier that both have, names two people. It is rejected, or reported if the import
/// keeps stored values. An external id always stands for one person: later records replace the
/// other identifiers of earlier ones.
struct ImportDuplicates: Sendable {
  /// The identifiers of a record: hashes in the order of ``Kind``, 0 if missing.
  private struct Person: Sendable {
    var line: Int32
    var hashes: (UInt64, UInt64, UInt64)

    subscript(_ kind: Kind) -> UInt64 {
      get {
        switch kind {
        case .externalID: hashes.0
        case .email: hashes.1
        case .phoneNumber: hashes.2
        }
      }
      set {
        switch kind {
        case .externalID: hashes.0 = newValue
        case .email: hashes.1 = newValue
        case .phoneNumber: hashes.2 = newValue
        }
      }
    }
  }

  private enum Kind: UInt8, CaseIterable {
    case externalID = 1
    case email, phoneNumber

    var name: String {
      switch self {
      case .externalID: "external_id"
      case .email: "email"
      case .phoneNumber: "phone_number"
      }
    }
  }

  private let rejects: Bool
  private let country: CountryCode?
  private let limit: Int
  private var people: [Person] = []
  /// Indices into `people`, by hash.
  private var places: [UInt64: Int32] = [:]

  /// The reason of the warnings, the same as the server's.
  static let reason = "DUPLICATE_ROW"

  /// Limit of the number of identifiers; they take about 100 MB of memory.
  static let maxIdentifiers = 4_000_000

  init(onMismatch: OnMismatch, defaultCountry: String?, limit: Int = maxIdentifiers) {
    rejects = onMismatch != .keep
    country = defaultCountry.flatMap { try? CountryCode($0) }
    self.limit = limit
  }

  /// Compares a record with earlier ones and remembers it. A record with an invalid external id is
  /// ignored.
  ///
  /// - Throws: the reason for rejecting the record.
  mutating func check(
    _ item: ImportItem,
    at line: Int,
    _ warnings: inout [Warning]
  ) throws(LocalError) {
    if let id = item.customer?.externalID, !id.isEmpty, (try? ExternalID(id)) == nil { return }
    var person = Person(line: Int32(clamping: line), hashes: (0, 0, 0))
    for kind in Kind.allCases { person[kind] = hash(item, kind) }
    let shared = Kind.allCases.filter { person[$0] != 0 && places[person[$0]] != nil }
    // The server's order of identification: by external id, then e-mail address, then phone number.
    guard let first = shared.first.flatMap({ places[person[$0]] }) else { return remember(person) }
    let match = Match(
      known: people[Int(first)],
      same: shared.filter { places[person[$0]] == first },
      other: Kind.allCases.filter { kind in
        let known = people[Int(first)][kind]
        return person[kind] != 0 && known != 0 && person[kind] != known
      }
    )
    if rejects {
      try refuseStrangers(person, shared, match, first)
      if !match.other.isEmpty, !match.hasExternalID { throw match.refusal }
    }
    warnings.append(match.warning)
    guard match.isOnePerson else {
      for kind in shared { person[kind] = 0 }
      return remember(person)
    }
    take(person, at: first, replaces: match.hasExternalID)
  }

  /// An earlier record that shares identifiers with the current one.
  private struct Match {
    var known: Person
    /// The identifiers that both records have: equal ones in `same`, different ones in `other`.
    var same: [Kind]
    var other: [Kind]

    var hasExternalID: Bool { same.contains(.externalID) }

    /// True if the server treats both records as one person when it keeps stored values.
    var isOnePerson: Bool {
      hasExternalID || other.isEmpty || (same.contains(.email) && !other.contains(.externalID))
    }

    var names: String { Match.joined(same) }

    var refusal: LocalError {
      LocalError(
        "IDENTIFIER_MISMATCH: line \(known.line) has the same \(names) and a different "
          + "\(Match.joined(other)); correct one of the lines, or import with --on-mismatch keep"
      )
    }

    var warning: Warning {
      .with {
        $0.reason = ImportDuplicates.reason
        $0.field = "customer." + (same.first?.name ?? "")
        $0.message = "Line \(known.line) has the same \(names)\(end)"
      }
    }

    private var end: String {
      if hasExternalID || other.isEmpty { return ": both lines are imported as one customer." }
      let difference = " and a different \(Match.joined(other)): "
      return isOnePerson
        ? difference + "both lines are imported as one customer, which keeps the first value."
        : difference
          + "the lines are imported as two customers, and the first keeps the shared values."
    }

    private static func joined(_ kinds: [Kind]) -> String {
      kinds.map(\.name).joined(separator: " and ")
    }
  }

  /// Rejects a record that shares identifiers with two earlier records. If the external id is
  /// shared, they certainly name two people only if both have an external id.
  private func refuseStrangers(
    _ person: Person,
    _ shared: [Kind],
    _ match: Match,
    _ first: Int32
  ) throws(LocalError) {
    for kind in shared {
      guard let place = places[person[kind]], place != first else { continue }
      let stranger = people[Int(place)]
      if match.hasExternalID, stranger[.externalID] == 0 { continue }
      throw LocalError(
        "IDENTIFIER_MISMATCH: line \(match.known.line) has the same \(match.names), and line "
          + "\(stranger.line) the same \(kind.name) of another customer; leave one cell empty, or "
          + "import with --on-mismatch keep"
      )
    }
  }

  /// Adds the identifiers of a record to an earlier one. With `replaces`, they replace those of the
  /// earlier record, which become free.
  private mutating func take(_ person: Person, at index: Int32, replaces: Bool) {
    var known = people[Int(index)]
    for kind in Kind.allCases where person[kind] != 0 && places[person[kind]] == nil {
      guard known[kind] == 0 || replaces else { continue }
      if known[kind] != 0, places[known[kind]] == index { places[known[kind]] = nil }
      known[kind] = person[kind]
      place(person[kind], at: index)
    }
    people[Int(index)] = known
  }

  private mutating func remember(_ person: Person) {
    guard places.count < limit, Kind.allCases.contains(where: { person[$0] != 0 }) else { return }
    let index = Int32(people.count)
    people.append(person)
    for kind in Kind.allCases where person[kind] != 0 { place(person[kind], at: index) }
  }

  private mutating func place(_ hash: UInt64, at index: Int32) {
    if places.count < limit, places[hash] == nil { places[hash] = index }
  }

  /// Returns a hash of an identifier, normalised as the server does as far as the file allows it; 0
  /// if missing.
  private func hash(_ item: ImportItem, _ kind: Kind) -> UInt64 {
    let text: String?
    switch kind {
    case .externalID: text = item.customer?.externalID?.trimmingSpace()
    case .email:
      text = item.customer?.email.map { given in
        (try? EmailAddress(given).key) ?? given.trimmingSpace().lowercased()
      }
    case .phoneNumber:
      text = item.customer?.phoneNumber.map { given in
        (try? PhoneNumber(given, defaultCountry: country).e164)
          ?? String(given.filter { $0.isASCII && ($0.isNumber || $0 == "+") })
      }
    }
    guard let text, !text.isEmpty else { return 0 }
    var hash = FNV1a()
    hash.add(kind.rawValue)
    for byte in text.utf8 { hash.add(byte) }
    return hash.value == 0 ? 1 : hash.value
  }
}
