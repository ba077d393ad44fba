internal import SwiftProtobuf

/// Writes the method table and the client stub of a service.
struct ServiceWriter {
  let names: SwiftNames
  let service: ProtoService
  /// Messages by full name, to see which requests carry a `request_id`.
  let messages: [String: ProtoMessage]

  func write(_ out: inout SourcePrinter) {
    writeTable(&out)
    out.blank()
    writeClient(&out)
  }

  private func writeTable(_ out: inout SourcePrinter) {
    out.doc(Documentation.of(service))
    out.block("public enum \(service.name)") { out in
      out.add("/// Full proto name.")
      out.add("public static let name = \"\(service.fullName)\"")
      for method in service.methods {
        out.blank()
        out.doc(Documentation.of(method))
        out.add(
          """
          public static let \(SwiftNames.method(method.name)) = \(descriptorType(method))(
            TTRPC.Method(
              service: name, name: "\(method.name)", kind: .\(kind(method)),
              idempotency: .\(idempotency(method))))
          """
        )
      }
      out.blank()
      out.add("/// Every method, in the order of the proto file.")
      out.add("public static let methods: [TTRPC.Method] = [")
      for method in service.methods { out.add("  \(SwiftNames.method(method.name)).method,") }
      out.add("]")
    }
  }

  private func descriptorType(_ method: ProtoMethod) -> String {
    "MethodDescriptor<\(names.type(method.input)), \(names.type(method.output))>"
  }

  private func kind(_ method: ProtoMethod) -> String {
    switch (method.clientStreaming, method.serverStreaming) {
    case (false, false): "unary"
    case (true, false): "clientStreaming"
    case (false, true): "serverStreaming"
    case (true, true): "bidirectionalStreaming"
    }
  }

  private func idempotency(_ method: ProtoMethod) -> String {
    switch method.idempotency {
    case .noSideEffects: "noSideEffects"
    case .idempotent: "idempotent"
    default: "unknown"
    }
  }

  private func writeClient(_ out: inout SourcePrinter) {
    out.add("/// Calls the methods of `\(service.fullName)`.")
    out.block("public struct \(service.name)Client: Sendable") { out in
      out.add(
        """
        /// The channel that carries the calls.
        public let channel: any ClientChannel

        /// Creates a client that calls over `channel`.
        public init(channel: any ClientChannel) { self.channel = channel }
        """
      )
      for method in service.methods {
        out.blank()
        out.doc(Documentation.of(method))
        writeCall(method, &out)
      }
    }
  }

  private func writeCall(_ method: ProtoMethod, _ out: inout SourcePrinter) {
    let input = names.type(method.input)
    let output = names.type(method.output)
    let types = "<\(input), \(output)>"
    let descriptor = "\(service.name).\(SwiftNames.method(method.name))"
    var parameters = "_ request: \(input), options: CallOptions = CallOptions()"
    var arguments = "\(descriptor), request, options"
    let result: String
    let function: String
    switch (method.clientStreaming, method.serverStreaming) {
    case (false, false):
      (function, result) = ("call", output)
      arguments += requestID(method)
    case (false, true):
      (function, result) = ("openStream", "MessageStream<\(output)>")
    case (true, false):
      (function, result) = ("openUpload", "UploadCall\(types)")
    case (true, true):
      (function, result) = ("openDuplex", "DuplexCall\(types)")
    }
    if method.clientStreaming {
      parameters = "options: CallOptions = CallOptions()"
      arguments = "\(descriptor), options"
    }
    out.block(
      "public func \(SwiftNames.method(method.name))(\(parameters)) async throws(RPCError)"
        + " -> \(result)"
    ) { out in
      out.add("try await channel.\(function)(\(arguments))")
    }
  }

  /// Returns the argument that lets the channel retry a request with a `request_id`, else nothing.
  private func requestID(_ method: ProtoMethod) -> String {
    let field = messages[method.input]?.fields.first {
      $0.name == "request_id" && $0.type == .string && !$0.isRepeated && $0.oneof == nil
    }
    guard let field else { return "" }
    return field.isOptional
      ? ".identified(by: request.requestID ?? \"\")" : ".identified(by: request.requestID)"
  }
}
