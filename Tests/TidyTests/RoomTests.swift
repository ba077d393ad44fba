import Testing

/// Tests of the rooms of PatronCore: its folders, in an order in which each uses only those before
/// it.
@Suite("Rooms of the core")
struct RoomTests {
  /// The rooms from the ground up. `Records` holds a customer's data. `Customers` changes a
  /// customer, and merges records for it. Events and orders are changes of customers.
  static let order = [
    "Errors", "Pages", "Audit", "Records", "Settings", "Identity", "Filters", "Keys", "Consent",
    "Timeline", "Writing", "Merges", "Customers", "Events", "Orders", "Erasure", "Upkeep",
  ]

  private struct Source {
    let file: TextFile
    let room: String
    let words: Set<Substring>
    /// The types that the file declares at its top level.
    let types: Set<Substring>

    init?(_ file: TextFile) {
      let folders = file.path.split(separator: "/")
      guard folders.count > 3 else { return nil }
      let lines = SwiftText(file.text).lines.map { line in
        (isNested: line.hasPrefix(" "), words: line.split { !$0.isLetter && !$0.isNumber })
      }
      self.file = file
      room = String(folders[2])
      words = Set(lines.flatMap(\.words))
      types = Set(lines.compactMap { $0.isNested ? nil : Self.declared(in: $0.words) })
    }

    private static let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias"]

    private static func declared(in words: [Substring]) -> Substring? {
      guard let place = words.firstIndex(where: kinds.contains) else { return nil }
      return words.dropFirst(place + 1).first
    }
  }

  private static let sources = Repository.files(ending: ".swift", under: ["Sources/PatronCore"])
    .compactMap(Source.init)

  @Test("Every folder of the core is a room of the list, and every room has files")
  func roomsAreListed() {
    #expect(Set(Self.sources.map(\.room)) == Set(Self.order))
  }

  @Test("A room knows only the rooms before it")
  func roomsHaveNoCircle() {
    var homes: [Substring: String] = [:]
    for source in Self.sources {
      for type in source.types { homes[type] = source.room }
    }
    #expect(homes.count > 80)
    for source in Self.sources {
      let own = Self.order.firstIndex(of: source.room) ?? 0
      for word in source.words {
        guard let room = homes[word], let place = Self.order.firstIndex(of: room) else { continue }
        #expect(
          place <= own,
          "\(source.file) in \(source.room) mentions \(word) of \(room), a room after it"
        )
      }
    }
  }
}
