// swift-tools-version: 6.2
import PackageDescription

// Only developers who change `proto/` need this package: `dev/generate` builds and runs it.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "patron-generator",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "protoc-gen-patron-swift", targets: ["protoc-gen-patron-swift"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0")
  ],
  targets: [
    .target(
      name: "PatronGenerator",
      dependencies: [
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "SwiftProtobufPluginLibrary", package: "swift-protobuf"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "protoc-gen-patron-swift",
      dependencies: ["PatronGenerator"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "PatronGeneratorTests",
      dependencies: [
        "PatronGenerator", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "SwiftProtobufPluginLibrary", package: "swift-protobuf"),
      ],
      exclude: ["Golden"],
      swiftSettings: strict
    ),
  ]
)
