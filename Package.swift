// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is held to the same rules.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// For modules that return spans of bytes: the compiler checks how long these live.
let spans: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser",
  package: "swift-argument-parser"
)
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle",
  package: "swift-service-lifecycle"
)
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let unixSignals = Target.Dependency.product(
  name: "UnixSignals",
  package: "swift-service-lifecycle"
)
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

let products: [Product] = [
  .library(name: "PatronClient", targets: ["PatronClient"]),
  .executable(name: "patrond", targets: ["patrond"]),
  .executable(name: "patron", targets: ["patron"]),
  .executable(name: "patron-load", targets: ["patron-load"]),
]

let dependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
  .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
]

let system: [Target] = [
  .systemLibrary(
    name: "CProtobufC",
    pkgConfig: "libprotobuf-c",
    providers: [.apt(["libprotobuf-c-dev"])]
  ),
  .systemLibrary(name: "CSQLite3", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
]

let libraries: [Target] = [
  .target(name: "ProtoWire", swiftSettings: spans),
  .target(name: "TTRPC", dependencies: ["ProtoWire"], swiftSettings: spans),
  .target(
    name: "TTRPCNIO",
    dependencies: ["TTRPC", nioCore, nioPosix, nioSSL, nioTLS],
    swiftSettings: strict
  ),
  .target(name: "ProtobufC", dependencies: ["CProtobufC", "ProtoWire"], swiftSettings: spans),
  .target(name: "CPatronProto", dependencies: ["CProtobufC"], cSettings: [.define("NDEBUG")]),
  .target(
    name: "PatronProto",
    dependencies: ["CPatronProto", "ProtobufC", "TTRPC"],
    swiftSettings: strict
  ),
  .target(name: "PatronModel", dependencies: ["ProtoWire"], swiftSettings: spans),
  .target(name: "CSQLite", dependencies: ["CSQLite3"]),
  .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: spans),
  .target(
    name: "PatronStore",
    dependencies: ["SQLite", "PatronModel", "ProtoWire", dequeModule, crypto],
    resources: [
      .embedInCode("Migrations/m0001_initial.sql"),
      .embedInCode("Migrations/m0002_suppressions.sql"),
      .embedInCode("Migrations/m0003_checkouts_types.sql"),
      .embedInCode("Migrations/m0004_terms.sql"),
      .embedInCode("Migrations/m0005_sequences.sql"),
      .embedInCode("Migrations/m0006_provenance.sql"),
      .embedInCode("Migrations/m0007_merges.sql"),
      .embedInCode("Migrations/m0008_erasures.sql"),
      .embedInCode("Migrations/m0009_request_hashes.sql"),
      .embedInCode("Migrations/m0010_search_rebuild.sql"),
      .embedInCode("Migrations/m0011_tombstones.sql"),
      .embedInCode("Migrations/m0012_orders.sql"),
      .embedInCode("Migrations/m0013_shared_phones.sql"),
      .embedInCode("Migrations/m0014_phone_spellings.sql"),
      .embedInCode("Migrations/m0015_term_rules.sql"),
      .embedInCode("Migrations/m0016_request_outcomes.sql"),
      .embedInCode("Migrations/m0017_store_sequences.sql"),
      .embedInCode("Migrations/m0018_keys.sql"),
      .embedInCode("Migrations/m0019_audit.sql"),
    ],
    swiftSettings: spans
  ),
  .target(
    name: "PatronCore",
    dependencies: [
      "PatronStore", "PatronModel", "PatronProto", "ProtobufC", "ProtoWire", crypto,
    ],
    swiftSettings: strict
  ),
  .target(
    name: "PatronFiles",
    dependencies: [
      "PatronCore", "PatronStore", "PatronModel", "PatronProto", "ProtobufC", "ProtoWire",
    ],
    swiftSettings: spans
  ),
  .target(
    name: "PatronServer",
    dependencies: [
      "PatronStore", "PatronModel", "PatronProto", "ProtobufC", "TTRPC", dequeModule, logging,
    ],
    swiftSettings: strict
  ),
  .target(
    name: "PatronService",
    dependencies: [
      "PatronServer", "PatronFiles", "PatronCore", "PatronStore", "PatronModel", "PatronProto",
      "ProtobufC", "ProtoWire", "TTRPC", crypto,
    ],
    swiftSettings: strict
  ),
  .target(
    name: "PatronOps",
    dependencies: [
      "PatronServer", "PatronStore", "TTRPC", "TTRPCNIO", nioCore, nioPosix, nioHTTP1,
    ],
    swiftSettings: strict
  ),
  .target(name: "PatronSettings", dependencies: [yams], swiftSettings: strict),
  .target(
    name: "PatronSample",
    dependencies: ["PatronCore", "PatronStore", "PatronModel", "PatronProto", "ProtobufC"],
    swiftSettings: strict
  ),
  .target(
    name: "PatronClient",
    dependencies: ["PatronProto", "PatronModel", "TTRPCNIO", "TTRPC", "ProtobufC"],
    path: "clients/swift",
    swiftSettings: strict
  ),
  .target(
    name: "ClientFlags",
    dependencies: ["PatronClient", argumentParser],
    path: "clients/flags",
    swiftSettings: strict
  ),
]

let executables: [Target] = [
  .executableTarget(
    name: "patrond",
    dependencies: [
      "PatronService", "PatronServer", "PatronOps", "PatronCore", "PatronSample", "PatronStore",
      "PatronSettings", "PatronProto", "ProtobufC", "PatronModel", "TTRPC", "TTRPCNIO",
      argumentParser, lifecycle, unixSignals, logging,
    ],
    swiftSettings: strict
  ),
  .executableTarget(
    name: "patron",
    dependencies: [
      "ClientFlags", "PatronClient", "PatronProto", "ProtobufC", "ProtoWire", "TTRPC", "TTRPCNIO",
      "PatronModel", argumentParser,
    ],
    path: "clients/cli",
    swiftSettings: strict
  ),
  .executableTarget(
    name: "patron-load",
    dependencies: [
      "ClientFlags", "PatronClient", "PatronProto", "ProtobufC", "ProtoWire", "TTRPC", "TTRPCNIO",
      argumentParser, histogram, nioCore, nioPosix,
    ],
    path: "clients/load",
    swiftSettings: strict
  ),
  // The program of docs/swift-client.md, built as any package would: without our own settings.
  .executableTarget(
    name: "swift-client",
    dependencies: ["PatronClient"],
    path: "examples/swift-client"
  ),
]

let tests: [Target] = [
  .target(
    name: "TestKit",
    dependencies: ["TTRPC", "TTRPCNIO", nioCore, nioPosix],
    path: "Tests/TestKit",
    swiftSettings: strict
  ),
  .target(name: "CTestMessages", dependencies: ["CProtobufC"], path: "Tests/CTestMessages"),
  .testTarget(
    name: "ProtoWireTests",
    dependencies: ["ProtoWire", "TestKit"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "ProtobufCTests",
    dependencies: ["ProtobufC", "CProtobufC", "CTestMessages", "PatronProto", "TestKit"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "PatronProtoTests",
    dependencies: ["PatronProto", "ProtobufC", "TTRPC"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "PatronModelTests",
    dependencies: ["PatronModel", "TestKit"],
    swiftSettings: strict
  ),
  .testTarget(name: "TTRPCTests", dependencies: ["TTRPC", "TestKit"], swiftSettings: strict),
  .testTarget(
    name: "TTRPCNIOTests",
    dependencies: [
      "TTRPCNIO", "TTRPC", "ProtoWire", "TestKit", nioCore, nioPosix, nioSSL, nioTLS,
    ],
    swiftSettings: strict
  ),
  .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "TestKit"], swiftSettings: strict),
  .testTarget(
    name: "PatronStoreTests",
    dependencies: ["PatronStore", "PatronModel", "SQLite", "CSQLite", "TestKit"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "PatronServiceTests",
    dependencies: [
      "PatronService", "PatronServer", "PatronFiles", "PatronCore", "PatronSample", "PatronStore",
      "PatronModel", "PatronProto", "ProtobufC", "ProtoWire", "TTRPC",
      "TTRPCNIO", "SQLite", "patron", "PatronClient", "TestKit",
    ],
    swiftSettings: strict
  ),
  .testTarget(
    name: "PatronOpsTests",
    dependencies: [
      "PatronOps", "PatronServer", "PatronStore", "TTRPC", "TTRPCNIO", "TestKit", nioCore,
      nioPosix, nioHTTP1, logging,
    ],
    swiftSettings: strict
  ),
  .testTarget(
    name: "PatronClientTests",
    dependencies: ["PatronClient", "TTRPCNIO", "TestKit", nioCore],
    swiftSettings: strict
  ),
  .testTarget(
    name: "CLITests",
    dependencies: ["patron", "PatronClient", "PatronModel", "TestKit"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "PatrondTests",
    dependencies: [
      "patrond", "PatronServer", "PatronSettings", "PatronStore", "TTRPC", "TTRPCNIO", "TestKit",
      argumentParser, logging,
    ],
    swiftSettings: strict
  ),
  .testTarget(
    name: "LoadTests",
    dependencies: [
      "patron-load", "PatronProto", "ProtobufC", "TTRPC", "TTRPCNIO", "TestKit", nioCore,
      nioPosix, argumentParser,
    ],
    swiftSettings: strict
  ),
  .testTarget(
    name: "EndToEndTests",
    dependencies: ["PatronClient", "PatronProto", "TTRPC", "ProtobufC", "TestKit"],
    swiftSettings: strict
  ),
  .target(
    name: "FuzzTargets",
    dependencies: [
      "TTRPC", "ProtobufC", "PatronProto", "PatronModel", "PatronCore", "PatronSettings",
    ],
    path: "Tests/FuzzTargets",
    swiftSettings: strict
  ),
  .testTarget(
    name: "FuzzTests",
    dependencies: ["FuzzTargets", "TestKit"],
    swiftSettings: strict
  ),
  .testTarget(name: "TidyTests", dependencies: ["TestKit"], swiftSettings: strict),
]

/// The program of `dev/fuzz`, which links with `-sanitize=fuzzer` only.
let fuzzer: [Target] = [
  .target(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
  .executableTarget(
    name: "patron-fuzz",
    dependencies: ["CLibFuzzer", "FuzzTargets"],
    path: "Tests/Fuzz/Program",
    swiftSettings: strict
  ),
]

let package = Package(
  name: "patron",
  platforms: [.macOS(.v15)],
  products: products,
  dependencies: dependencies,
  targets: system + libraries + executables + tests
    + (Context.environment["PATRON_FUZZ"] == nil ? [] : fuzzer)
)
