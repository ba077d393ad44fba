import Foundation
import SwiftProtobuf
import SwiftProtobufPluginLibrary
import Testing

@testable import PatronGenerator

@Suite struct GoldenTests {
  /// Compares with `Golden/expected`, or writes it if the environment has `UPDATE_GOLDEN=1`.
  @Test func outputIsTheExpectedOne() throws {
    let expected = Protoc.golden.appending(path: "expected")
    let files = try Protoc.generate(
      ["patron/test/v1/everything.proto", "patron/test/v1/service.proto"])
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try? FileManager.default.removeItem(at: expected)
      try FileManager.default.createDirectory(at: expected, withIntermediateDirectories: true)
      for (name, content) in files {
        try content.write(to: expected.appending(path: name), atomically: true, encoding: .utf8)
      }
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: expected.path)
    #expect(Set(names) == Set(files.keys))
    for (name, content) in files {
      let golden = try String(contentsOf: expected.appending(path: name), encoding: .utf8)
      let difference = zip(golden.split(separator: "\n"), content.split(separator: "\n"))
        .first { $0 != $1 }
      let place = difference.map { "expected: \($0)\ngot: \($1)" } ?? "one is longer"
      #expect(golden == content, "\(name): \(place)")
    }
  }

  @Test func outputHoldsNoPaths() throws {
    for (name, content) in try Protoc.generate(["patron/test/v1/service.proto"]) {
      #expect(!content.contains(Protoc.golden.path), "\(name)")
    }
  }

  @Test func orderOfTheFilesDoesNotMatter() throws {
    let names = ["patron/test/v1/everything.proto", "patron/test/v1/service.proto"]
    #expect(try Protoc.generate(names) == Protoc.generate(names.reversed()))
  }
}

/// Runs protoc on the test's protos, and the generator on its output.
enum Protoc {
  static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden")
  /// The folder of the contract, which declares the option of scopes.
  static let contract = golden.appending(path: "../../../../../proto").standardizedFileURL

  static func generate(_ names: [String]) throws -> [String: String] {
    let set = try descriptorSet(
      names,
      in: [golden.appending(path: "codec"), golden.appending(path: "service"), contract]
    )
    return try respond(
      to: set,
      names: names,
      parameter: "c_module=CTestMessages,bare_package=patron.test.v1,contract=true"
    )
  }

  static func respond(
    to set: Google_Protobuf_FileDescriptorSet,
    names: [String],
    parameter: String
  ) throws -> [String: String] {
    var request = Google_Protobuf_Compiler_CodeGeneratorRequest()
    request.parameter = parameter
    request.fileToGenerate = names
    request.protoFile = set.file
    let response = try Google_Protobuf_Compiler_CodeGeneratorResponse(
      serializedBytes: Generator.respond(to: request.serializedBytes()) as [UInt8]
    )
    if response.hasError { throw Failure(message: response.error) }
    return Dictionary(uniqueKeysWithValues: response.file.map { ($0.name, $0.content) })
  }

  struct Failure: Error, Equatable {
    var message: String
  }

  static func descriptorSet(_ names: [String], in directories: [URL]) throws
    -> Google_Protobuf_FileDescriptorSet
  {
    let output = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: output) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["protoc", "--include_imports", "--include_source_info"]
      + directories.map { "-I\($0.path)" } + ["--descriptor_set_out=\(output.path)"] + names
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "protoc failed")
    return try Google_Protobuf_FileDescriptorSet(
      serializedBytes: [UInt8](Data(contentsOf: output))
    )
  }

  /// The generator's answer to one proto file given as text.
  static func generate(source: String, parameter: String = "") throws -> [String: String] {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try source.write(
      to: directory.appending(path: "a.proto"),
      atomically: true,
      encoding: .utf8
    )
    return try respond(
      to: descriptorSet(["a.proto"], in: [directory, contract]),
      names: ["a.proto"],
      parameter: parameter
    )
  }
}
