internal import SwiftProtobuf

/// Builds the model of a proto file from its descriptor.
struct ProtoLoader {
  typealias Path = [Int32]

  private let comments: [Path: String]
  private let file: Google_Protobuf_FileDescriptorProto

  /// Reads `file`; throws if it uses a feature that the generator or libprotobuf-c lacks.
  static func load(_ file: Google_Protobuf_FileDescriptorProto) throws -> ProtoFile {
    guard file.syntax == "proto3" else {
      throw GeneratorError("\(file.name): only proto3 is supported")
    }
    return try ProtoLoader(file).load()
  }

  private init(_ file: Google_Protobuf_FileDescriptorProto) {
    self.file = file
    var comments: [Path: String] = [:]
    // The comments of protoc's own files are not copied: they are not ours.
    if file.package != "google.protobuf" {
      for location in file.sourceCodeInfo.location {
        let text = [location.leadingComments, location.trailingComments]
          .map(Self.trimmed).filter { !$0.isEmpty }.joined(separator: "\n")
        if !text.isEmpty { comments[location.path] = text }
      }
    }
    self.comments = comments
  }

  /// Removes the blank after `//` and blank lines at both ends.
  private static func trimmed(_ comment: String) -> String {
    var lines = comment.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = line
      if line.first == " " { line.removeFirst() }
      while line.last == " " { line.removeLast() }
      return String(line)
    }
    while lines.last == "" { lines.removeLast() }
    while lines.first == "" { lines.removeFirst() }
    return lines.joined(separator: "\n")
  }

  private func load() throws -> ProtoFile {
    let package = file.package
    return ProtoFile(
      name: file.name,
      package: package,
      comment: comments[[2]] ?? "",
      messages: try file.messageType.enumerated().map {
        try message($1, in: package, path: [4, Int32($0)])
      },
      enums: file.enumType.enumerated().map {
        enumeration($1, in: package, path: [5, Int32($0)])
      },
      services: file.service.enumerated().map { service($1, path: [6, Int32($0)]) }
    )
  }

  private func message(
    _ source: Google_Protobuf_DescriptorProto,
    in scope: String,
    path: Path
  ) throws -> ProtoMessage {
    let fullName = Self.join(scope, source.name)
    guard source.field.count <= 128 else {
      throw GeneratorError("\(fullName): more than 128 fields are not supported")
    }
    let entries = source.nestedType.filter(\.options.mapEntry)
    var fields: [ProtoField] = []
    for (index, field) in source.field.enumerated() {
      fields.append(
        try self.field(field, of: source, fullName, entries, path: path + [2, Int32(index)])
      )
    }
    let real = source.oneofDecl.indices.filter { index in
      source.field.contains { $0.hasOneofIndex && $0.oneofIndex == index && !$0.proto3Optional }
    }
    return ProtoMessage(
      fullName: fullName,
      name: source.name,
      comment: comments[path] ?? "",
      fields: fields,
      oneofs: real.map { index in
        ProtoOneof(
          name: source.oneofDecl[index].name,
          fullName: Self.join(fullName, source.oneofDecl[index].name),
          comment: comments[path + [8, Int32(index)]] ?? "",
          fields: fields.filter { $0.oneof == index }
        )
      },
      messages: try source.nestedType.enumerated().filter { !$1.options.mapEntry }.map {
        try message($1, in: fullName, path: path + [3, Int32($0)])
      },
      enums: source.enumType.enumerated().map {
        enumeration($1, in: fullName, path: path + [4, Int32($0)])
      },
      reserved: Self.reserved(source)
    )
  }

  private func field(
    _ source: Google_Protobuf_FieldDescriptorProto,
    of message: Google_Protobuf_DescriptorProto,
    _ scope: String,
    _ entries: [Google_Protobuf_DescriptorProto],
    path: Path
  ) throws -> ProtoField {
    let fullName = Self.join(scope, source.name)
    guard source.type != .group else { throw GeneratorError("\(fullName): groups") }
    let typeName = Self.withoutDot(source.typeName)
    var map: MapEntry?
    if let entry = entries.first(where: { Self.join(scope, $0.name) == typeName }) {
      map = MapEntry(
        key: try field(entry.field[0], of: entry, typeName, [], path: [-1]),
        value: try field(entry.field[1], of: entry, typeName, [], path: [-1])
      )
    }
    let inRealOneof = source.hasOneofIndex && !source.proto3Optional
    return ProtoField(
      name: source.name,
      fullName: fullName,
      number: source.number,
      type: source.type,
      typeName: typeName,
      isRepeated: source.label == .repeated,
      isOptional: source.proto3Optional,
      oneof: inRealOneof ? Int(source.oneofIndex) : nil,
      map: map,
      comment: comments[path] ?? ""
    )
  }

  private func enumeration(
    _ source: Google_Protobuf_EnumDescriptorProto,
    in scope: String,
    path: Path
  ) -> ProtoEnum {
    ProtoEnum(
      fullName: Self.join(scope, source.name),
      name: source.name,
      comment: comments[path] ?? "",
      values: source.value.enumerated().map {
        ProtoEnum.Value(
          name: $1.name,
          number: $1.number,
          comment: comments[path + [2, Int32($0)]] ?? ""
        )
      }
    )
  }

  private func service(_ source: Google_Protobuf_ServiceDescriptorProto, path: Path)
    -> ProtoService
  {
    ProtoService(
      fullName: Self.join(file.package, source.name),
      name: source.name,
      comment: comments[path] ?? "",
      methods: source.method.enumerated().map {
        ProtoMethod(
          name: $1.name,
          input: Self.withoutDot($1.inputType),
          output: Self.withoutDot($1.outputType),
          clientStreaming: $1.clientStreaming,
          serverStreaming: $1.serverStreaming,
          idempotency: $1.options.idempotencyLevel,
          scope: ScopeOption.scope(of: $1),
          comment: comments[path + [2, Int32($0)]] ?? ""
        )
      }
    )
  }

  private static func reserved(_ source: Google_Protobuf_DescriptorProto) -> [String] {
    let ranges = source.reservedRange.map {
      $0.end - $0.start == 1 ? "\($0.start)" : "\($0.start) to \($0.end - 1)"
    }
    return ranges + source.reservedName.map { "\"\($0)\"" }
  }

  private static func join(_ scope: String, _ name: String) -> String {
    scope.isEmpty ? name : "\(scope).\(name)"
  }

  private static func withoutDot(_ name: String) -> String {
    name.first == "." ? String(name.dropFirst()) : name
  }
}
