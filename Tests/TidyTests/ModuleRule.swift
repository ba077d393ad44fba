/// The imports that a module may have: the graph at the head of ARCHITECTURE.md, as data.
struct ModuleRule: Sendable, CustomStringConvertible {
  let name: String
  let folder: String
  /// Modules of this package.
  let own: Set<String>
  /// Modules of other packages.
  var foreign: Set<String> = []
  /// Modules of the system and of the toolchain.
  var system: Set<String> = Self.anySystem

  var description: String { name }

  /// The system modules for a module without I/O: no sockets, threads, files or clock.
  static let pure: Set<String> = ["Swift", "Synchronization"]
  static let anySystem: Set<String> = pure.union([
    "Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "Dispatch",
  ])

  static let all: [ModuleRule] = [
    .init(name: "ProtoWire", folder: "Sources/ProtoWire", own: [], system: pure),
    .init(name: "TTRPC", folder: "Sources/TTRPC", own: ["ProtoWire"], system: pure),
    .init(
      name: "TTRPCNIO",
      folder: "Sources/TTRPCNIO",
      own: ["TTRPC"],
      foreign: ["NIOCore", "NIOPosix", "NIOSSL", "NIOTLS"]
    ),
    .init(name: "ProtobufC", folder: "Sources/ProtobufC", own: ["CProtobufC", "ProtoWire"]),
    .init(
      name: "PatronProto",
      folder: "Sources/PatronProto",
      own: ["CPatronProto", "ProtobufC", "TTRPC"]
    ),
    .init(
      name: "PatronModel",
      folder: "Sources/PatronModel",
      own: ["ProtoWire"],
      system: pure.union(["FoundationEssentials", "Glibc"])
    ),
    .init(name: "SQLite", folder: "Sources/SQLite", own: ["CSQLite"]),
    .init(
      name: "PatronStore",
      folder: "Sources/PatronStore",
      own: ["SQLite", "PatronModel", "ProtoWire"],
      foreign: ["Crypto", "DequeModule"]
    ),
    .init(
      name: "PatronCore",
      folder: "Sources/PatronCore",
      own: ["PatronStore", "PatronModel", "PatronProto", "ProtobufC", "ProtoWire"],
      foreign: ["Crypto"]
    ),
    .init(
      name: "PatronFiles",
      folder: "Sources/PatronFiles",
      own: ["PatronCore", "PatronStore", "PatronModel", "PatronProto", "ProtobufC", "ProtoWire"]
    ),
    .init(
      name: "PatronServer",
      folder: "Sources/PatronServer",
      own: ["PatronStore", "PatronModel", "PatronProto", "ProtobufC", "TTRPC"],
      foreign: ["DequeModule", "Logging"]
    ),
    .init(
      name: "PatronService",
      folder: "Sources/PatronService",
      own: [
        "PatronServer", "PatronFiles", "PatronCore", "PatronStore", "PatronModel", "PatronProto",
        "ProtobufC", "ProtoWire", "TTRPC",
      ],
      foreign: ["Crypto"]
    ),
    .init(
      name: "PatronOps",
      folder: "Sources/PatronOps",
      own: ["PatronServer", "PatronStore", "TTRPC", "TTRPCNIO"],
      foreign: ["NIOCore", "NIOPosix", "NIOHTTP1"]
    ),
    .init(
      name: "PatronSettings",
      folder: "Sources/PatronSettings",
      own: [],
      foreign: ["Yams"],
      system: pure
    ),
    .init(
      name: "PatronSample",
      folder: "Sources/PatronSample",
      own: ["PatronCore", "PatronStore", "PatronModel", "PatronProto", "ProtobufC"]
    ),
    .init(
      name: "patrond",
      folder: "Sources/patrond",
      own: [
        "PatronService", "PatronServer", "PatronOps", "PatronCore", "PatronSample", "PatronStore",
        "PatronSettings", "PatronProto", "ProtobufC", "PatronModel", "TTRPC", "TTRPCNIO",
      ],
      foreign: ["ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals"]
    ),
    .init(
      name: "PatronClient",
      folder: "clients/swift",
      own: ["PatronProto", "PatronModel", "TTRPCNIO", "TTRPC", "ProtobufC"]
    ),
    .init(
      name: "ClientFlags",
      folder: "clients/flags",
      own: ["PatronClient"],
      foreign: ["ArgumentParser"]
    ),
    .init(
      name: "patron",
      folder: "clients/cli",
      own: [
        "ClientFlags", "PatronClient", "PatronProto", "ProtobufC", "ProtoWire", "TTRPC", "TTRPCNIO",
        "PatronModel",
      ],
      foreign: ["ArgumentParser"]
    ),
    // Drives its event loops itself, so that it does not measure an async client in between.
    .init(
      name: "patron-load",
      folder: "clients/load",
      own: [
        "ClientFlags", "PatronClient", "PatronProto", "ProtobufC", "ProtoWire", "TTRPC", "TTRPCNIO",
      ],
      foreign: ["ArgumentParser", "Histogram", "NIOCore", "NIOPosix"]
    ),
  ]

  /// Returns the module that an import line names, or nil for another line.
  static func importedModule(in line: Substring) -> Substring? {
    var words = line.split(separator: " ")[...]
    while let word = words.first, word.hasPrefix("@") || importModifiers.contains(word) {
      words.removeFirst()
    }
    guard words.first == "import" else { return nil }
    words.removeFirst()
    if let kind = words.first, importKinds.contains(kind) { words.removeFirst() }
    return words.first?.split(separator: ".").first
  }

  private static let importModifiers: Set<Substring> = [
    "public", "package", "internal", "private", "fileprivate",
  ]
  private static let importKinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
  ]
}
