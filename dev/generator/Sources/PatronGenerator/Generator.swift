internal import SwiftProtobuf
internal import SwiftProtobufPluginLibrary

/// The plugin: takes an encoded `CodeGeneratorRequest`, gives an encoded `CodeGeneratorResponse`.
public enum Generator {
  /// Answers protoc. The response reports errors of the input.
  public static func respond(to request: [UInt8]) throws -> [UInt8] {
    let request = try Google_Protobuf_Compiler_CodeGeneratorRequest(
      serializedBytes: request,
      extensions: ScopeOption.extensions
    )
    var response = Google_Protobuf_Compiler_CodeGeneratorResponse()
    response.supportedFeatures = UInt64(
      Google_Protobuf_Compiler_CodeGeneratorResponse.Feature.proto3Optional.rawValue
    )
    do {
      response.file = try generate(request).map { file in
        .with {
          $0.name = file.name
          $0.content = file.content
        }
      }
    } catch {
      response.error = "\(error)"
    }
    return try response.serializedBytes()
  }

  private static func generate(_ request: Google_Protobuf_Compiler_CodeGeneratorRequest) throws
    -> [GeneratedFile]
  {
    let options = try Options(request.parameter)
    let wanted = Set(request.fileToGenerate)
    let files = try request.protoFile.filter { !ScopeOption.isDeclared(in: $0) }
      .map(ProtoLoader.load)
    try RecursionCheck.run(files)
    try ScopeOption.check(files.filter { $0.package == options.barePackage })
    let names = SwiftNames(files, barePackage: options.barePackage)
    return FileWriter(files: files, names: names, options: options)
      .write(files.filter { wanted.contains($0.name) })
  }
}

/// A generated file, not yet written.
struct GeneratedFile {
  var name: String
  var content: String
}

/// The plugin's parameter: `c_module=CPatronProto,bare_package=patron.v1,contract=true`.
struct Options {
  /// The module with protoc-gen-c's output.
  var cModule = "CPatronProto"
  /// The package whose types are not nested in a namespace.
  var barePackage = "patron.v1"
  /// True to write the contract's text and the registry of types.
  var contract = true

  init(_ parameter: String) throws {
    for part in parameter.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      switch (pair.first, pair.count == 2 ? pair[1] : "") {
      case ("c_module", let value): cModule = value
      case ("bare_package", let value): barePackage = value
      case ("contract", let value): contract = value == "true"
      default:
        throw GeneratorError(
          "unknown option '\(part)'; there are c_module, bare_package and contract"
        )
      }
    }
  }
}

/// libprotobuf-c unpacks recursively and Swift structs cannot hold themselves.
enum RecursionCheck {
  static func run(_ files: [ProtoFile]) throws {
    let messages = Dictionary(
      uniqueKeysWithValues: files.flatMap(\.allMessages).map { ($0.fullName, $0) }
    )
    var done: Set<String> = []
    for name in messages.keys.sorted() { try visit(name, messages, [], &done) }
  }

  private static func visit(
    _ name: String,
    _ messages: [String: ProtoMessage],
    _ path: [String],
    _ done: inout Set<String>
  ) throws {
    if path.contains(name) {
      throw GeneratorError("\(name): recursive messages are not supported")
    }
    guard !done.contains(name), let message = messages[name] else { return }
    for field in message.fields {
      let target = field.map?.value.typeName ?? field.typeName
      try visit(target, messages, path + [name], &done)
    }
    done.insert(name)
  }
}
