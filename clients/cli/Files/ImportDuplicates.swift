import PatronClient
import PatronModel

/// The identifiers of the records of one file so far, to tell of records that name the same person.
/// It keeps hashes, up to a number; the server judges by what it has stored.
///
/// A record that shares an e-mail address or phone number with an earlier one, and has another
/// value of an identifier that both have, names two people: it is refused, or told of where the
/// import keeps what is there. One external id is one person, whatever else changed.
struct ImportDuplicates: Sendable {
  /// The identifiers of a record: hashes in the order of ``Kind``, 0 for a missing one.
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
  /// Places in `people` by hash.
  private var places: [UInt64: Int32] = [:]

  /// Memory for so many identifiers is some 100 MB.
  static let usualLimit = 4_000_000

  init(onMismatch: OnMismatch, defaultCountry: String?, limit: Int = usualLimit) {
    rejects = onMismatch != .keep
    country = defaultCountry.flatMap { try? CountryCode($0) }
    self.limit = limit
  }

  /// Looks whether an earlier record names the same person, and remembers this one.
  ///
  /// - Throws: why the record is refused.
  mutating func check(
    _ item: ImportItem,
    at line: Int,
    _ warnings: inout [Warning]
  ) throws(LocalError) {
    var person = Person(line: Int32(clamping: line), hashes: (0, 0, 0))
    for kind in Kind.allCases { person[kind] = hash(item, kind) }
    let shared = Kind.allCases.filter { person[$0] != 0 && places[person[$0]] != nil }
    guard let first = shared.compactMap({ places[person[$0]] }).min() else {
      return remember(person)
    }
    var known = people[Int(first)]
    let same = shared.filter { places[person[$0]] == first }
    let other = Kind.allCases.filter {
      person[$0] != 0 && known[$0] != 0 && person[$0] != known[$0]
    }
    let names = same.map(\.name).joined(separator: " and ")
    if rejects, !shared.contains(.externalID),
      let stranger = shared.first(where: { places[person[$0]] != first }),
      let second = places[person[stranger]]
    {
      throw LocalError(
        "IDENTIFIER_MISMATCH: line \(known.line) has the same \(names), and line "
          + "\(people[Int(second)].line) the same \(stranger.name), of somebody else; leave one "
          + "cell empty, or import with --on-mismatch keep"
      )
    }
    if !other.isEmpty, !same.contains(.externalID), rejects {
      throw LocalError(
        "IDENTIFIER_MISMATCH: line \(known.line) has the same \(names) and another "
          + "\(other.map(\.name).joined(separator: " and ")); correct one of the two, or import "
          + "with --on-mismatch keep"
      )
    }
    warnings.append(
      .with {
        $0.reason = "DUPLICATE_ROW"
        $0.field = "customer." + (same.first?.name ?? "")
        $0.message =
          "Line \(known.line) has the same \(names): the two are taken for one person."
      })
    guard other.isEmpty else { return }
    for kind in Kind.allCases where known[kind] == 0 && person[kind] != 0 {
      known[kind] = person[kind]
      place(person[kind], at: first)
    }
    people[Int(first)] = known
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

  /// A hash of an identifier in the form in which the server compares it, as far as the file tells
  /// it; 0 for none.
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
    // FNV-1a.
    var value: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in [kind.rawValue] + Array(text.utf8) {
      value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return value == 0 ? 1 : value
  }
}
